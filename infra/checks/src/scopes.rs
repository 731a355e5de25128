//! Every list of permissions in `infra/` is the table of the code (`identity::scopes`), by id, name and plane.
//!
//! A list is a run of lines that begins with a line naming its planes: `forEntra`, `forGroups`, `forDirectory`, `forAzure` or
//! `always`. A line of it holds an id and, in a comment, the name of its scope.

use identity::PlaneSet;
use identity::scopes::{Resource, SCOPES};

/// Names of lists and the planes that want them.
const LISTS: [(&str, PlaneSet); 5] = [
    ("always", PlaneSet::ALL),
    ("forEntra", PlaneSet { entra: true, groups: false, azure: false }),
    ("forGroups", PlaneSet { entra: false, groups: true, azure: false }),
    ("forDirectory", PlaneSet { entra: true, groups: true, azure: false }),
    ("forAzure", PlaneSet { entra: false, groups: false, azure: true }),
];

/// Where the lists of a text differ from the table. `comment` begins a comment.
#[must_use]
pub fn problems(text: &str, comment: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut listed: Vec<&str> = Vec::new();
    let mut planes = None;
    for line in text.lines() {
        let (code, name) = line.split_once(comment).map_or((line, ""), |(code, name)| (code, name.trim()));
        let begun = LISTS.iter().find(|(list, _)| {
            [format!("var {list} ="), format!("{list}='")]
                .iter()
                .any(|start| code.trim_start().starts_with(start))
        });
        planes = begun.map(|(_, planes)| *planes).or(planes);
        let Some(id) = guid(code) else { continue };
        if [Resource::Graph, Resource::Azure].iter().any(|resource| resource.app_id() == id)
            || name == "AcrPull"
        {
            continue;
        }
        match SCOPES.iter().find(|scope| scope.id == id) {
            None => problems.push(format!("{id} ({name}) is not in the table of scopes")),
            Some(scope) if scope.name != name => {
                problems.push(format!("{id} is {}, and the comment says {name:?}", scope.name));
            }
            Some(scope) if Some(scope.planes) != planes => {
                problems.push(format!("{} is in the list of other planes", scope.name));
            }
            Some(scope) if listed.contains(&scope.name) => {
                problems.push(format!("{} is listed twice", scope.name));
            }
            Some(scope) => listed.push(scope.name),
        }
    }
    for scope in SCOPES.iter().filter(|scope| !listed.contains(&scope.name)) {
        problems.push(format!("{} is missing", scope.name));
    }
    for resource in [Resource::Graph, Resource::Azure] {
        if !text.contains(resource.app_id()) {
            problems.push(format!("the id of {resource:?} is missing"));
        }
    }
    problems
}

/// The first GUID in a line.
fn guid(line: &str) -> Option<&str> {
    const SHAPE: &str = "........-....-....-....-............";
    let fits = |word: &&str| {
        word.len() == SHAPE.len()
            && word
                .bytes()
                .zip(SHAPE.bytes())
                .all(|(is, shape)| if shape == b'-' { is == b'-' } else { is.is_ascii_hexdigit() })
    };
    line.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')).find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as a file would list it.
    fn well() -> String {
        let ids = format!("graph {}\nazure {}\n", Resource::Graph.app_id(), Resource::Azure.app_id());
        let list = |(list, planes): (&str, PlaneSet)| {
            let scopes = SCOPES.iter().filter(|scope| scope.planes == planes);
            let lines = scopes.map(|scope| format!("  {{ id: '{}' }} // {}\n", scope.id, scope.name));
            format!("var {list} = [\n{}", lines.collect::<String>())
        };
        ids + &LISTS.map(list).concat()
    }

    #[test]
    fn the_table_is_well() {
        assert_eq!(problems(&well(), "//"), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_found() {
        let broken = |from: &str, to: &str| {
            let text = well();
            assert!(text.contains(from), "{from}");
            problems(&text.replace(from, to), "//").join("\n")
        };
        let read = "{ id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d' } // User.Read\n";
        assert!(broken(read, "").contains("User.Read is missing"));
        assert!(broken("e1fe6dd8", "e1fe6dd9").contains("not in the table"));
        assert!(broken("// User.Read\n", "// User.ReadWrite\n").contains("the comment says"));
        assert!(broken(read, &read.repeat(2)).contains("listed twice"));
        assert!(broken("var forEntra = [\n", "").contains("in the list of other planes"));
        assert!(broken("azure 797f4846", "azure 797f4847").contains("the id of Azure is missing"));
    }
}
