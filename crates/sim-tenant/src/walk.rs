//! Walks the sign-in pages as a browser would, for tests of whatever signs in here (cargo feature `walk`).

use anyhow::{Context as _, bail};
use reqwest::Client;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use url::Url;

/// What is done on the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Accept, if the page comes.
    Accept,
    /// Decline.
    Decline,
}

/// The value of an attribute of the first tag after `from` that starts with `tag`.
fn attribute<'h>(html: &'h str, tag: &str, attribute: &str) -> Option<&'h str> {
    let tag = &html[html.find(tag)?..];
    let tag = &tag[..tag.find('>')?];
    let value = &tag[tag.find(&format!("{attribute}=\""))? + attribute.len() + 2..];
    value.split('"').next()
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a browser's stand-in for tests: no deadlines or redaction of the portal apply"
)]
fn client() -> anyhow::Result<Client> {
    Ok(Client::builder().redirect(Policy::none()).build()?)
}

/// Opens an authorize URL, picks the persona with this UPN, passes a stronger sign-in if asked, answers the consent page,
/// and returns where the browser is redirected to. Fails with the page's text when a page ends the sign-in.
pub async fn authorize(authorize_url: &Url, upn: &str, consent: Consent) -> anyhow::Result<Url> {
    let client = client()?;
    let mut response =
        client.get(authorize_url.clone()).send().await.context("the authorize page cannot be fetched")?;
    for _ in 0..6 {
        if let Some(location) = response.headers().get(LOCATION) {
            return Ok(authorize_url.join(location.to_str()?)?);
        }
        let page = response.text().await?;
        let flow = attribute(&page, "<input type=\"hidden\" name=\"flow\"", "value").map(unescape);
        let action = attribute(&page, "<form", "action").map(unescape);
        let (Some(flow), Some(action)) = (flow, action) else { bail!("the sign-in ended on a page: {page}") };
        let step = |name: &str| page.contains(&format!("name=\"step\" value=\"{name}\""));
        let mut fields = vec![("flow", flow.as_str())];
        if step("pick") {
            fields.extend([("step", "pick"), ("upn", upn)]);
        } else if step("prove") {
            fields.push(("step", "prove"));
        } else if step("accept") {
            fields.push(("step", if consent == Consent::Accept { "accept" } else { "decline" }));
        } else if step("without-approval") {
            fields.push(("step", "without-approval"));
        } else {
            bail!("the sign-in shows a page that is not known: {page}");
        }
        response = client.post(authorize_url.join(&action)?).form(&fields).send().await?;
    }
    bail!("the sign-in does not come to an end")
}
