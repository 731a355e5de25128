//! What the server gives to every page, by request extension.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::{expect_context, use_context};
use pim::tokens::Audience;
use portal::settings::Settings;
use portal::{Portal, Session};
use tokio::time::Instant;

/// What stays the same for all requests.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// URL of the style sheet.
    pub stylesheet: String,
    /// URL of the script that starts the islands; `None` when the portal was built without them.
    pub boot: Option<String>,
    /// URL of the icon.
    pub icon: String,
    /// Where people reach the portal, without a slash at the end: for links that are passed on.
    pub public_url: String,
    /// A line on every page, for a portal that does not talk to a real cloud.
    pub banner: Option<String>,
    /// Where an administrator grants the permissions for the whole organisation.
    pub admin_consent_url: String,
    /// What the portal asks for.
    pub permissions: Vec<Permission>,
    /// Where a role can be activated when the portal cannot do it yet.
    pub admin_center: String,
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
    /// What stops working without it.
    pub without: &'static str,
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
    /// When the request came in; what a page waits for is counted from here.
    pub began: Instant,
}

impl Context {
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
