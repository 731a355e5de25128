//! The resources of the Microsoft Graph extension for Bicep: property names, and what the app registration may not be.
//!
//! Names: <https://learn.microsoft.com/graph/templates/bicep/reference/applications> and `…/serviceprincipals`,
//! `…/federatedidentitycredentials`. A property that is
//! used for the first time gets its name here.

use crate::bicep::{Bicep, at};

/// A resource type: what it must have, and what else it may have. Nested names are written in full.
const TYPES: [(&str, &[&str], &[&str]); 3] = [
    (
        "Microsoft.Graph/applications",
        &["uniqueName", "displayName"],
        &[
            "description",
            "isFallbackPublicClient",
            "notes",
            "optionalClaims",
            "publicClient",
            "publicClient.redirectUris",
            "requiredResourceAccess",
            "serviceManagementReference",
            "signInAudience",
            "tags",
            "web",
            "web.homePageUrl",
            "web.redirectUris",
        ],
    ),
    (
        "Microsoft.Graph/applications/federatedIdentityCredentials",
        &["name", "issuer", "subject", "audiences"],
        &["description"],
    ),
    (
        "Microsoft.Graph/servicePrincipals",
        &["appId"],
        &["accountEnabled", "appRoleAssignmentRequired", "description", "displayName", "notes", "tags"],
    ),
];

/// Whom the registration may be for: one tenant, unless others are listed.
const AUDIENCES: [&str; 2] =
    ["'AzureADMyOrg'", "empty(allowedTenants) ? 'AzureADMyOrg' : 'AzureADMultipleOrgs'"];

/// What is wrong with the Graph resources of a file.
#[must_use]
pub fn problems(file: &Bicep) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, node) in file.resources() {
        if !name.starts_with("Microsoft.Graph/") {
            continue;
        }
        let Some((_, required, optional)) = TYPES.iter().find(|(known, ..)| *known == name) else {
            problems.push(format!("{}: {name} is not one of the types that the portal needs", at(node)));
            continue;
        };
        let given: Vec<String> = file.properties(node).into_iter().map(|(path, _)| path).collect();
        for property in &given {
            if !required.contains(&property.as_str()) && !optional.contains(&property.as_str()) {
                problems.push(format!("{}: {name} has no property {property}", at(node)));
            }
        }
        for property in required.iter().filter(|wanted| !given.iter().any(|given| given == *wanted)) {
            problems.push(format!("{}: {name} wants the property {property}", at(node)));
        }
    }
    for node in file.nodes().into_iter().filter(|node| node.kind() == "object_property") {
        let (Some(key), Some(value)) = (node.named_child(0), node.named_child(1)) else { continue };
        match (file.of(key), file.of(value)) {
            ("type", "'Role'") => problems.push(format!("{}: an application permission", at(node))),
            ("isFallbackPublicClient", "true") => {
                problems.push(format!("{}: opens device code and password flows", at(node)));
            }
            ("signInAudience", audience) if !AUDIENCES.contains(&audience) => {
                problems.push(format!("{}: more than one tenant without a list of them", at(node)));
            }
            _ => {}
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str = "resource app 'Microsoft.Graph/applications@v1.0' = {\n  uniqueName: 'a'\n  displayName: 'a'\n  \
        isFallbackPublicClient: false\n  signInAudience: 'AzureADMyOrg'\n  publicClient: {\n    redirectUris: []\n  }\n  \
        requiredResourceAccess: [\n    {\n      resourceAppId: 'b'\n      resourceAccess: [\n        {\n          id: 'c'\n          \
        type: 'Scope'\n        }\n      ]\n    }\n  ]\n}\n";

    fn broken(from: &str, to: &str) -> String {
        let text = WELL.replace(from, to);
        let file = Bicep::parse(&text);
        assert_eq!(file.syntax(), Vec::<String>::new());
        problems(&file).join("\n")
    }

    #[test]
    fn what_is_well_has_no_problem() {
        assert_eq!(broken("", ""), "");
    }

    #[test]
    fn properties_are_those_of_the_type() {
        assert!(broken("publicClient:", "publicClientt:").contains("no property publicClientt"));
        assert!(broken("redirectUris:", "redirectUri:").contains("no property publicClient.redirectUri"));
        assert!(broken("uniqueName: 'a'\n", "").contains("wants the property uniqueName"));
    }

    #[test]
    fn the_registration_stays_delegated_and_closed() {
        assert!(broken("'Scope'", "'Role'").contains("application permission"));
        assert!(broken("Client: false", "Client: true").contains("device code"));
        assert_eq!(broken("'AzureADMyOrg'", AUDIENCES[1]), "");
        for audience in
            ["'AzureADMultipleOrgs'", "empty(allowedTenants) ? 'AzureADMultipleOrgs' : 'AzureADMyOrg'"]
        {
            assert!(broken("'AzureADMyOrg'", audience).contains("more than one tenant"), "{audience}");
        }
        assert!(broken("applications@", "appRoleAssignedTo@").contains("not one of the types"));
    }
}
