//! What the source says there is: pages, server functions and routes. Tests that must cover all of them ask here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A server function of the console.
pub(crate) struct ServerFunction {
    /// As in `/sites/create`, under `/api`.
    pub(crate) endpoint: String,
    /// Its source, from the attribute to the next one.
    pub(crate) body: String,
}

/// Every page's route, as in `/sites/:id`.
pub(crate) fn pages() -> BTreeSet<String> {
    let source =
        fs::read_to_string(Path::new(ROOT).join("app/src/app.rs")).expect("app.rs is there");
    let found: BTreeSet<String> = between(&source, "path!(\"", "\"").collect();
    assert!(found.len() >= 21, "{found:?}");
    found
}

/// Every server function.
pub(crate) fn server_functions() -> Vec<ServerFunction> {
    let mut found = Vec::new();
    for source in sources("app/src") {
        for part in source.split("#[server").skip(1) {
            if part.starts_with("(default)]") || part.starts_with("(flatten)]") {
                let last: &mut ServerFunction =
                    found.last_mut().expect("an argument has a function");
                last.body.push_str(part);
                continue;
            }
            let endpoint =
                part.strip_prefix("(endpoint = \"").and_then(|rest| rest.split('"').next());
            let endpoint =
                endpoint.unwrap_or_else(|| panic!("an address of its own for #[server{part:.60}"));
            found.push(ServerFunction { endpoint: endpoint.to_owned(), body: part.to_owned() });
        }
    }
    assert!(found.len() >= 40, "{} server functions", found.len());
    found
}

/// Every route of the server that is no page.
pub(crate) fn server_routes() -> BTreeSet<String> {
    let sources = sources("server/src");
    let routes = sources.iter().flat_map(|source| between(source, ".route(\"", "\""));
    let described = sources.iter().flat_map(|source| between(source, "    path = \"", "\""));
    let found: BTreeSet<String> = routes.chain(described).collect();
    assert!(found.len() >= 20, "{found:?}");
    found
}

fn between<'a>(source: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = String> + 'a {
    source
        .split(start)
        .skip(1)
        .filter_map(move |rest| rest.split(end).next())
        .map(ToOwned::to_owned)
}

/// The Rust files below a folder.
fn sources(folder: &str) -> Vec<String> {
    let mut folders = vec![Path::new(ROOT).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("its entries too").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                found.push(fs::read_to_string(path).expect("source is text"));
            }
        }
    }
    found
}
