//! The tenant and the registration, as far as the sign-in service tells without a person.

use std::time::Duration;

use identity::Settings;
use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::Finding;

const PATIENCE: Duration = Duration::from_secs(10);
/// More of a page is not looked at.
const LONGEST: usize = 512 * 1024;

pub(super) async fn examine(settings: &Settings, client: &Client) -> Vec<Finding> {
    let mut findings = vec![tenant(settings, client).await];
    // Without the tenant nothing can be told of what is registered in it.
    if findings[0].fix.is_none() {
        findings.push(registration(settings, client).await);
    }
    findings
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
}

/// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>
async fn tenant(settings: &Settings, client: &Client) -> Finding {
    let check = "sign-in: tenant";
    let Ok(answer) = client.get(settings.discovery()).timeout(PATIENCE).send().await else {
        let fix = "put right first what is said of the sign-in host above";
        return Finding::failed(check, "the sign-in service does not answer", fix);
    };
    let status = answer.status();
    let fix = "compare PIM_PORTAL_TENANT_ID and PIM_PORTAL_CLOUD with the overview of the tenant in the Microsoft Entra admin center";
    if !status.is_success() {
        return Finding::failed(
            check,
            format!("the sign-in service knows no such tenant ({})", status.as_u16()),
            fix,
        );
    }
    let issuer = answer.text().await.ok().and_then(|text| serde_json::from_str::<Document>(&text).ok());
    match issuer {
        Some(Document { issuer }) if issuer == settings.issuer(settings.tenant) => {
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
async fn registration(settings: &Settings, client: &Client) -> Finding {
    let check = "sign-in: redirect URI";
    let back = settings.callback();
    let Ok(answer) = client.get(settings.redirect_probe()).timeout(PATIENCE).send().await else {
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
            "compare PIM_PORTAL_CLIENT_ID with the application (client) id of the registration",
        ),
        Some(number) => Finding::failed(
            check,
            format!("the sign-in service refuses (AADSTS{number})"),
            format!("look at https://login.microsoftonline.com/error?code={number}"),
        ),
        None => Finding::warning(check, "it cannot be told without a person", "sign in once"),
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
