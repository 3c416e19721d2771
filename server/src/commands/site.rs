//! `sitekeeper site`.

use super::CommandError;
use crate::cli::{Printing, SiteCommand};
use crate::installation::Installation;
use app::sites::commands::{CreatedSite, create};
use app::sites::declaration::apply::present;
use app::sites::declaration::model::Present;
use app::sites::model::SiteState;
use app::sites::rules::told_of_namesakes;
use serde_json::json;
use std::process::ExitCode;

pub(super) async fn run(
    open: &Installation,
    command: SiteCommand,
) -> Result<ExitCode, CommandError> {
    let (name, domain, include_subdomains, printing) = match command {
        SiteCommand::List(printing) => return list(open, printing).await,
        SiteCommand::Create { name, domain, include_subdomains, printing } => {
            (name, domain, include_subdomains, printing)
        }
    };
    let CreatedSite { id, sitekey, secret, namesakes } =
        create(&open.act(), &name, &domain, include_subdomains, &[]).await?;
    if printing.json {
        println!("{}", json!({ "id": id, "sitekey": sitekey, "secret": secret }));
    } else {
        println!("site     {id}\nsitekey  {sitekey}\nsecret   {secret}");
        eprintln!(
            "The secret is shown this once. The site's page: {}/sites/{id}",
            open.state.base_url
        );
    }
    if let Some(told) = told_of_namesakes(&namesakes) {
        eprintln!("{told}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(open: &Installation, printing: Printing) -> Result<ExitCode, CommandError> {
    let present = present(&open.state).await?;
    let listed = present.iter().filter(|present| present.site.state != SiteState::Deleted);
    if printing.json {
        let sites = listed.map(|Present { site, domains }| {
            let domains: Vec<_> = domains.iter().map(|(_, pattern)| pattern).collect();
            json!({
                "id": site.id, "name": site.name, "state": site.state, "tags": site.tags,
                "any_hostname": site.any_hostname, "missing_referer": site.missing_referer,
                "domains": domains, "version": site.version,
            })
        });
        println!("{}", json!({ "sites": sites.collect::<Vec<_>>() }));
        return Ok(ExitCode::SUCCESS);
    }
    for Present { site, domains } in listed {
        let count = match domains.len() {
            1 => "1 domain".to_owned(),
            count => format!("{count} domains"),
        };
        println!("{:>6}  {:<6}  {count:>12}  {}", site.id.0, site.state.as_str(), site.name);
    }
    Ok(ExitCode::SUCCESS)
}
