//! `sitekeeper site`.

use super::CommandError;
use crate::cli::SiteCommand;
use crate::installation::Installation;
use app::sites::commands::{CreatedSite, create};
use std::process::ExitCode;

pub(super) async fn run(
    open: &Installation,
    command: SiteCommand,
) -> Result<ExitCode, CommandError> {
    let SiteCommand::Create { name, domain, include_subdomains, printing } = command;
    let CreatedSite { id, sitekey, secret } =
        create(&open.act(), &name, &domain, include_subdomains).await?;
    if printing.json {
        println!("{}", serde_json::json!({ "id": id, "sitekey": sitekey, "secret": secret }));
    } else {
        println!("site     {id}\nsitekey  {sitekey}\nsecret   {secret}");
        eprintln!(
            "The secret is shown this once. The site's page: {}/sites/{id}",
            open.state.base_url
        );
    }
    Ok(ExitCode::SUCCESS)
}
