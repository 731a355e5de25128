//! The tenants and the registration, as far as the sign-in service tells without a person.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use identity::Settings;
use pim::ids::TenantId;
use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::Finding;

const PATIENCE: Duration = Duration::from_secs(10);
/// More of a page is not looked at.
const LONGEST: usize = 512 * 1024;
/// How many tenants are asked for side by side.
const AT_ONCE: usize = 8;

pub(super) async fn examine(settings: &Settings, client: &Client) -> Vec<Finding> {
    let tenants: Vec<_> = settings.tenants().map(|tenant| Asked { settings, client, tenant }).collect();
    let found = stream::iter(tenants.iter().map(Asked::examine)).buffered(AT_ONCE);
    found.collect::<Vec<_>>().await.into_iter().flatten().collect()
}

/// What is asked about one tenant.
struct Asked<'a> {
    settings: &'a Settings,
    client: &'a Client,
    tenant: TenantId,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
}

impl Asked<'_> {
    async fn examine(&self) -> Vec<Finding> {
        let mut findings = vec![self.tenant().await];
        // Without the tenant nothing can be told of what is registered in it.
        if findings[0].fix.is_none() {
            findings.push(self.registration().await);
        }
        findings
    }

    fn is_own(&self) -> bool {
        self.tenant == self.settings.tenant
    }

    /// The name of a check: the organisation's own tenant goes without saying.
    fn check(&self, what: &str) -> String {
        if self.is_own() { format!("sign-in: {what}") } else { format!("sign-in to {}: {what}", self.tenant) }
    }

    /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>
    async fn tenant(&self) -> Finding {
        let (settings, check) = (self.settings, self.check("tenant"));
        let Ok(answer) = self.client.get(settings.discovery(self.tenant)).timeout(PATIENCE).send().await
        else {
            let fix = "put right first what is said of the sign-in host above";
            return Finding::failed(check, "the sign-in service does not answer", fix);
        };
        let status = answer.status();
        let key = if self.is_own() { "TENANT_ID" } else { "ALLOWED_TENANTS" };
        let fix = format!(
            "compare PIM_PORTAL_{key} and PIM_PORTAL_CLOUD with the overview of the tenant in the Microsoft Entra admin center"
        );
        if !status.is_success() {
            let found = format!("the sign-in service knows no such tenant ({})", status.as_u16());
            return Finding::failed(check, found, fix);
        }
        let issuer = answer.text().await.ok().and_then(|text| serde_json::from_str::<Document>(&text).ok());
        match issuer {
            Some(Document { issuer }) if issuer == settings.issuer(self.tenant) => {
                Finding::ok(check, "the sign-in service knows it")
            }
            Some(_) => Finding::failed(check, "its tokens would name another issuer, and be refused", fix),
            None => Finding::failed(
                check,
                "what answers is not the sign-in service",
                "look at the outbound proxy: some answer with a page of their own",
            ),
        }
    }

    /// Asks for a sign-in that must not show anything: a redirect URI that is registered is told so, any other gets a page.
    /// <https://learn.microsoft.com/entra/identity-platform/reply-url>
    async fn registration(&self) -> Finding {
        let (settings, check) = (self.settings, self.check("redirect URI"));
        let back = settings.callback();
        let Ok(answer) = self.client.get(settings.redirect_probe(self.tenant)).timeout(PATIENCE).send().await
        else {
            return Finding::warning(check, "the sign-in service does not answer", "try again");
        };
        let location = answer.headers().get(http::header::LOCATION).and_then(|to| to.to_str().ok());
        let location = location.and_then(|to| Url::parse(to).ok());
        if location.is_some_and(|to| to.origin() == back.origin() && to.path() == back.path()) {
            return Finding::ok(check, format!("{back} is registered"));
        }
        let page = answer.bytes().await.unwrap_or_default();
        let page = String::from_utf8_lossy(&page[..page.len().min(LONGEST)]);
        match number(&page) {
            Some(50_011) => Finding::failed(
                check,
                format!("{back} is not registered (AADSTS50011)"),
                "add it to the app registration, on the platform \"Mobile and desktop applications\", or \"Web\" where client_auth is set",
            ),
            Some(number @ (700_016 | 90_002)) => Finding::failed(
                check,
                format!("the tenant has no such application (AADSTS{number})"),
                if self.is_own() {
                    "compare PIM_PORTAL_CLIENT_ID with the application (client) id of the registration"
                } else {
                    "let the registration support accounts in any organizational directory (multitenant)"
                },
            ),
            Some(number) => Finding::failed(
                check,
                format!("the sign-in service refuses (AADSTS{number})"),
                format!("look at https://login.microsoftonline.com/error?code={number}"),
            ),
            None => Finding::warning(check, "it cannot be told without a person", "sign in once"),
        }
    }
}

/// The number of the first error that a page names.
fn number(page: &str) -> Option<u32> {
    let (_, rest) = page.split_once("AADSTS")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn the_first_error_counts() {
        assert_eq!(number("<p>AADSTS50011: The redirect URI … AADSTS900</p>"), Some(50_011));
        assert_eq!(number("<p>Sign in</p>"), None);
        assert_eq!(number("AADSTS"), None);
    }
}
