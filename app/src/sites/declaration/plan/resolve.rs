//! Which site each entry of a file means.

use super::super::model::{Desired, Place, Present, Wrong};
use crate::sites::model::{SiteId, SiteState};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// For each of `desired`, the site it means; `None` for one that is to be made.
///
/// Numbers come first: a name never means a site that another entry names by its number.
pub(super) fn resolve<'a>(
    desired: &[Desired],
    present: &'a [Present],
) -> Result<Vec<Option<&'a Present>>, Vec<Wrong>> {
    let by_id: HashMap<SiteId, &Present> =
        present.iter().map(|present| (present.site.id, present)).collect();
    let mut claimed: HashMap<SiteId, &Place> = HashMap::new();
    let mut wrong = Vec::new();
    for of in desired {
        let Some(id) = of.id else { continue };
        match (by_id.get(&id), claimed.entry(id)) {
            (None, _) => wrong.push(Wrong::new(
                &of.place,
                format!("There is no site {id}. Leave the id out to make a new one."),
            )),
            (Some(present), _) if present.site.state == SiteState::Deleted => {
                let name = &present.site.name;
                let message = format!("Site {id} ({name}) is deleted. Restore it first.");
                wrong.push(Wrong::new(&of.place, message));
            }
            (Some(_), Entry::Occupied(first)) => {
                let message = format!("Site {id} is in the file twice, first at {}.", first.get());
                wrong.push(Wrong::new(&of.place, message));
            }
            (Some(_), Entry::Vacant(free)) => _ = free.insert(&of.place),
        }
    }
    let mut by_name: HashMap<&str, Vec<&Present>> = HashMap::new();
    for of in present {
        if of.site.state != SiteState::Deleted && !claimed.contains_key(&of.site.id) {
            by_name.entry(&of.site.name).or_default().push(of);
        }
    }
    let mut named: HashMap<&str, &Place> = HashMap::new();
    let mut resolved = Vec::with_capacity(desired.len());
    for of in desired {
        if let Some(id) = of.id {
            resolved.push(by_id.get(&id).copied());
            continue;
        }
        let Some(name) = of.name.as_deref() else {
            wrong.push(Wrong::new(&of.place, "Give the site an id or a name."));
            continue;
        };
        if let Some(first) = named.insert(name, &of.place) {
            let message = format!("{name} is in the file twice, first at {first}.");
            wrong.push(Wrong::new(&of.place, message));
        }
        match by_name.get(name).map(Vec::as_slice) {
            None | Some([]) => resolved.push(None),
            Some([one]) => resolved.push(Some(*one)),
            Some(several) => {
                let ids: Vec<String> = several.iter().map(|of| of.site.id.to_string()).collect();
                let message = format!(
                    "{} sites are called {name}. Say which by its id: {}.",
                    several.len(),
                    ids.join(", ")
                );
                wrong.push(Wrong::new(&of.place, message));
            }
        }
    }
    if wrong.is_empty() { Ok(resolved) } else { Err(wrong) }
}
