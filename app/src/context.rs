//! What the server gives to every page, by request extension.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::{expect_context, use_context};
use pim::ids::TenantId;
use pim::tokens::Audience;
use portal::settings::Settings;
use portal::status::Status;
use portal::{Portal, Session};
use tokio::time::Instant;

/// What makes the portal the organisation's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What the portal is called.
    pub name: String,
    /// URL of the organisation's logo.
    pub logo: Option<String>,
    /// URL of the style sheet with the organisation's colours.
    pub stylesheet: Option<String>,
    /// Links on every page.
    pub links: Vec<Link>,
    /// A line on every page.
    pub announcement: Option<Announcement>,
}

impl Default for Brand {
    fn default() -> Self {
        let name = "PIM portal".to_owned();
        Self { name, logo: None, stylesheet: None, links: Vec::new(), announcement: None }
    }
}

/// A link of the organisation's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub title: String,
    /// Where it leads: https.
    pub url: String,
}

/// What the organisation has to say to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// One line of plain text.
    pub text: String,
    /// How much it matters.
    pub severity: Severity,
}

/// How much an announcement matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something is different from usual.
    Warning,
    /// Something is wrong.
    Critical,
}

/// A directory that may be signed in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its id.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Where an administrator grants the permissions for everybody there.
    pub admin_consent_url: String,
}

impl Directory {
    /// Whether it is called by its id, as whoever runs the portal gave no name.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        self.name == self.id.to_string()
    }
}

/// What stays the same for all requests.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The organisation's own.
    pub brand: Brand,
    /// The portal's own origin, as browsers see it, without a slash at its end.
    pub origin: String,
    /// URL of the style sheet.
    pub stylesheet: String,
    /// URL of the script that starts the islands; `None` when the portal was built without them.
    pub boot: Option<String>,
    /// URL of the icon.
    pub icon: String,
    /// A line on every page, for a portal that does not talk to a real cloud.
    pub banner: Option<String>,
    /// The directories that may be signed in to, the organisation's own first.
    pub directories: Vec<Directory>,
    /// What the portal asks for.
    pub permissions: Vec<Permission>,
    /// Where a role can be activated when the portal cannot do it yet.
    pub admin_center: String,
    /// For how many days what the portal did is kept.
    pub history_days: i64,
    /// Where the person can sign out of Microsoft as well.
    pub sign_out_url: String,
}

/// A permission that the portal asks for.
#[derive(Clone, Debug)]
pub struct Permission {
    /// The scope as Microsoft names it.
    pub scope: String,
    /// What for.
    pub purpose: String,
    /// The least role that can consent to it.
    pub consent: String,
    /// Whose token carries it; `None` for the sign-in service's own.
    pub audience: Option<Audience>,
    /// The planes that need it; empty for what every sign-in needs.
    pub planes: Vec<&'static str>,
    /// What stops working without it.
    pub without: &'static str,
    /// What goes on without it.
    pub still: &'static str,
}

/// When a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnds {
    /// Without any more use.
    pub idle: Timestamp,
    /// In any case.
    pub last: Timestamp,
}

/// What one request knows.
#[derive(Clone)]
pub struct Context {
    /// The use cases.
    pub portal: Portal,
    /// Who is signed in.
    pub session: Option<Session>,
    /// When their session ends.
    pub ends: Option<SessionEnds>,
    /// What stays the same.
    pub site: Arc<Site>,
    /// How they want the portal; the defaults while nobody is signed in.
    pub settings: Settings,
    /// How many requests wait for the person's decision, as far as that was read lately: no page waits for a number.
    pub waiting: usize,
    /// What failed lately of calls to Microsoft.
    pub status: Arc<Status>,
    /// When the request came in; what a page waits for is counted from here.
    pub began: Instant,
}

impl Context {
    /// The directory that the person is in, or the organisation's own while nobody is signed in.
    #[must_use]
    pub fn directory(&self) -> Option<&Directory> {
        let here = self.session.as_ref().map(|session| session.caller.tenant);
        let all = &self.site.directories;
        all.iter().find(|one| Some(one.id) == here).or_else(|| all.first())
    }

    /// The same, where it is not the organisation's own.
    pub(crate) fn elsewhere(&self) -> Option<&Directory> {
        self.directory().filter(|here| self.site.directories.first() != Some(here))
    }

    /// The portal's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.portal.clock().now()
    }
}

/// The request's context.
pub(crate) fn context() -> Context {
    expect_context()
}

/// The request's context and the person signed in. The server lets nobody else reach a page that calls this.
pub(crate) fn signed_in() -> Option<(Context, Session)> {
    let context = use_context::<Context>()?;
    let session = context.session.clone()?;
    Some((context, session))
}
