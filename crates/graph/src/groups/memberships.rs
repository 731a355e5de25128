//! Names of groups that an expansion did not bring: from the person's own memberships, which they may always read.
//! <https://learn.microsoft.com/graph/api/user-list-memberof>

use std::collections::HashMap;

use pim::target::{Names, Target};
use serde::Deserialize;
use transport::wire::said;
use transport::{Line, Route};

const MEMBER_OF: &str = "/v1.0/me/memberOf?$select=id,displayName";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    id: Option<String>,
    #[serde(default, deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
}

/// Puts a name wherever an id stands for one. What cannot be named keeps its id: that is no reason to fail a list.
pub(super) async fn name<'a>(line: &Line, rows: impl Iterator<Item = (&'a Target, &'a mut Names)>) {
    let unnamed: Vec<_> = rows.filter(|(target, names)| names.title == target.scope.as_str()).collect();
    if unnamed.is_empty() {
        return;
    }
    let Ok(groups) = line.pages::<Group>(&Route::fixed(MEMBER_OF)).await else { return };
    let known: HashMap<String, String> = groups
        .into_iter()
        .filter_map(|group| {
            Some((group.id?.to_ascii_lowercase(), said(group.display_name.as_deref())?.to_owned()))
        })
        .collect();
    for (target, names) in unnamed {
        if let Some(name) = known.get(&target.scope.as_str().to_ascii_lowercase()) {
            names.title.clone_from(name);
        }
    }
}
