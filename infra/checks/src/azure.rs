//! What the resources of Azure have to say about themselves: who gets in by what, what is encrypted, what cannot be lost.
//!
//! Another property that matters is a row of [`MUST`]. Types and names are left to Azure's compiler.

use crate::bicep::{Bicep, at};

/// A resource type, one of its properties, and the only value that it may have.
const MUST: [(&str, &str, &str); 16] = [
    ("Microsoft.App/containerApps", "identity.type", "'UserAssigned'"),
    ("Microsoft.App/containerApps", "properties.configuration.ingress.allowInsecure", "false"),
    // One process uses SQLite's file.
    ("Microsoft.App/containerApps", "properties.template.scale.minReplicas", "isShared ? minReplicas : 1"),
    ("Microsoft.App/containerApps", "properties.template.scale.maxReplicas", "isShared ? maxReplicas : 1"),
    ("Microsoft.App/managedEnvironments", "properties.appLogsConfiguration.destination", "'azure-monitor'"),
    ("Microsoft.DBforPostgreSQL/flexibleServers", "properties.authConfig.activeDirectoryAuth", "'Enabled'"),
    ("Microsoft.DBforPostgreSQL/flexibleServers", "properties.authConfig.passwordAuth", "'Disabled'"),
    ("Microsoft.DBforPostgreSQL/flexibleServers/administrators", "name", "identityPrincipalId"),
    ("Microsoft.DBforPostgreSQL/flexibleServers/administrators", "properties.principalName", "identityName"),
    ("Microsoft.DBforPostgreSQL/flexibleServers/configurations", "name", "'require_secure_transport'"),
    ("Microsoft.DBforPostgreSQL/flexibleServers/configurations", "properties.value", "'on'"),
    // A database that is older than the first administrator is out of the reach of all of them.
    ("Microsoft.DBforPostgreSQL/flexibleServers/databases", "dependsOn", "[ administrator ]"),
    ("Microsoft.KeyVault/vaults", "properties.enablePurgeProtection", "true"),
    ("Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization", "true"),
    ("Microsoft.KeyVault/vaults", "properties.enableSoftDelete", "true"),
    ("Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", "true"),
];

/// The types that [`problems`] says something about.
#[must_use]
pub fn types() -> Vec<&'static str> {
    let mut types: Vec<_> = MUST.iter().map(|(kind, ..)| *kind).collect();
    types.dedup();
    types
}

/// The types of the resources that a file makes.
#[must_use]
pub fn made(file: &Bicep) -> Vec<&str> {
    file.resources().into_iter().map(|(kind, _)| kind).collect()
}

/// What is wrong with the resources of a file.
#[must_use]
pub fn problems(file: &Bicep) -> Vec<String> {
    let mut problems = Vec::new();
    for (kind, node) in file.resources() {
        let properties = file.properties(node);
        for (_, path, wanted) in MUST.iter().filter(|(its, ..)| *its == kind) {
            let its = properties.iter().filter(|(its, _)| its == path);
            let is: Vec<String> = its.map(|(_, value)| on_one_line(file.of(*value))).collect();
            if is != [*wanted] {
                problems.push(format!("{}: {path} of {kind} is {is:?} and has to be {wanted}", at(node)));
            }
        }
    }
    problems
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The addresses of databases in a text, and what is wrong with them: the server has to show a certificate with its name, and the
/// user has no password.
#[must_use]
pub fn addresses(text: &str) -> (usize, Vec<String>) {
    let found: Vec<&str> = text
        .split("postgres://")
        .skip(1)
        .map(|rest| rest.split(['\'', '\n']).next().unwrap_or_default())
        .collect();
    let mut problems = Vec::new();
    for address in &found {
        if !address.ends_with("?sslmode=verify-full") {
            problems.push(format!("{address}: whoever answers gets the token"));
        }
        if address.split('@').next().unwrap_or_default().contains(':') {
            problems.push(format!("{address}: holds a password"));
        }
    }
    (found.len(), problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resource of each type, as it has to be.
    fn well() -> String {
        let property = |path: &str, wanted: &str| {
            let (open, close) = (path.replace('.', ": {\n"), "}\n".repeat(path.matches('.').count()));
            format!("{open}: {wanted}\n{close}")
        };
        let resource = |(index, kind): (usize, &str)| {
            let rows = MUST.iter().filter(|(its, ..)| *its == kind);
            let properties: String = rows.map(|(_, path, wanted)| property(path, wanted)).collect();
            format!("resource r{index} '{kind}@2024-01-01' = {{\n{properties}}}\n")
        };
        types().into_iter().enumerate().map(resource).collect()
    }

    #[test]
    fn what_is_well_has_no_problem() {
        let text = well();
        assert_eq!(Bicep::parse(&text).syntax(), Vec::<String>::new(), "{text}");
        assert_eq!(problems(&Bicep::parse(&text)), Vec::<String>::new());
    }

    #[test]
    fn every_value_is_looked_at() {
        for (kind, path, wanted) in MUST {
            let (_, name) = path.rsplit_once('.').unwrap_or(("", path));
            let (before, rest) =
                well().split_once(&format!("'{kind}@")).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            let line = format!("{name}: {wanted}\n");
            assert!(rest.contains(&line), "{kind} {path}");
            for other in [format!("{name}: 'other'\n"), String::new()] {
                let text = format!("{before}'{kind}@{}", rest.replacen(&line, &other, 1));
                let found = problems(&Bicep::parse(&text)).join("\n");
                assert!(found.contains(&format!("{path} of {kind} is")), "{found}");
            }
        }
    }

    #[test]
    fn what_exists_already_is_somebody_elses() {
        let text = "resource a 'Microsoft.KeyVault/vaults@2023-07-01' existing = {\n  name: 'a'\n}\n";
        assert_eq!(problems(&Bicep::parse(text)), Vec::<String>::new());
        assert_eq!(made(&Bicep::parse(text)), Vec::<&str>::new());
    }

    #[test]
    fn addresses_name_the_user_and_verify_the_server() {
        let well = "output url string = 'postgres://${user}@${host}:5432/portal?sslmode=verify-full'\n";
        assert_eq!(addresses(well), (1, Vec::new()));
        assert!(addresses(&well.replace("verify-full", "require")).1.join("").contains("gets the token"));
        assert!(addresses(&well.replace("${user}", "${user}:${word}")).1.join("").contains("a password"));
    }
}
