//! `/history`: what was done, from all that remembers it, filtered by time, plane, role, sort and outcome.

use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pim::duration::words as duration_words;
use portal::history::{Entry, Filter, Gap, History as Told, Kind, Outcome, Source};

use crate::components::chart::charts;
use crate::components::failure;
use crate::components::frame::Frame;
use crate::components::search::SearchField;
use crate::components::time::At;
use crate::context::{Context, signed_in};

/// What is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many days back: 7, 30, 90 or 366.
    pub days: u16,
    /// A plane's id.
    pub plane: String,
    /// Words.
    pub search: String,
    /// An outcome's name.
    pub outcome: String,
    /// A sort's name.
    pub kind: String,
}

const DAYS: [(u16, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (366, "a year")];

impl Asked {
    /// Reads an address's parameters; what it does not know, it leaves out.
    #[must_use]
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let days = value("days").and_then(|days| days.parse().ok());
        let text = |name| value(name).unwrap_or_default();
        Self {
            days: days.filter(|days| DAYS.iter().any(|(known, _)| known == days)).unwrap_or(30),
            plane: text("plane"),
            search: text("q"),
            outcome: text("outcome"),
            kind: text("kind"),
        }
    }

    /// The filter it means at `now`.
    #[must_use]
    pub fn filter(&self, now: Timestamp) -> Filter {
        let reach = SignedDuration::from_hours(24 * i64::from(self.days));
        Filter {
            since: now.checked_sub(reach).ok(),
            until: None,
            plane: (!self.plane.is_empty()).then(|| self.plane.as_str().into()),
            search: self.search.clone(),
            outcome: Outcome::ALL.into_iter().find(|outcome| outcome_slug(*outcome) == self.outcome),
            kind: Kind::ALL.into_iter().find(|kind| kind_slug(*kind) == self.kind),
        }
    }

    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("days", &self.days.to_string());
        for (name, value) in
            [("plane", &self.plane), ("q", &self.search), ("outcome", &self.outcome), ("kind", &self.kind)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

/// The page.
#[component]
pub(crate) fn History() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let asked = Asked::read(|name| query.get(name));
    Suspend::new(async move {
        let told = context.portal.history(&session, &asked.filter(context.now())).await;
        page(&context, &asked, told.ok())
    })
    .into_any()
}

fn page(context: &Context, asked: &Asked, told: Option<Told>) -> AnyView {
    let now = context.now();
    let body = match &told {
        Some(told) if told.entries.is_empty() => {
            view! { <p class="panel nothing">"Nothing was done in this time that fits. Choose a longer time or fewer filters."</p> }.into_any()
        }
        Some(told) => {
            let rows = told.entries.iter().map(|entry| entry_row(context, entry, now)).collect_view();
            view! { <ol class="panel history">{rows}</ol> }.into_any()
        }
        None => view! { <p class="notice bad-ground" role="alert">"The portal's own store does not answer. Try again in a minute."</p> }.into_any(),
    };
    let gaps = told.iter().flat_map(|told| &told.gaps).map(|gap| gap_view(context, gap)).collect_view();
    let figures = told.as_ref().map(|told| charts(context, &told.figures, told.gaps.is_empty()));
    let query = asked.query();
    let filters = filters(context, asked);
    view! {
        <Frame title="History">
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / History"</p><h1>"History"</h1></div>
                <div class="several-buttons">
                    <a class="button" href=format!("/history.csv?{query}") download="pim-history.csv">"CSV"</a>
                    <a class="button" href=format!("/history.json?{query}") download="pim-history.json">"JSON"</a>
                </div>
            </div>
            {filters}
            {gaps}
            {figures}
            {body}
        </Frame>
    }
    .into_any()
}

fn filters(context: &Context, asked: &Asked) -> AnyView {
    let option = |value: String, text: String, current: &str| {
        let selected = value == current;
        view! { <option value=value selected=selected>{text}</option> }
    };
    let days = DAYS
        .map(|(days, text)| option(days.to_string(), format!("Last {text}"), &asked.days.to_string()))
        .collect_view();
    let planes = context
        .portal
        .planes()
        .map(|plane| option(plane.id.to_string(), plane.title.to_owned(), &asked.plane))
        .collect_view();
    let kinds = Kind::ALL
        .map(|kind| option(kind_slug(kind).into(), kind_in_words(kind).into(), &asked.kind))
        .collect_view();
    let outcomes = Outcome::ALL
        .map(|outcome| {
            option(outcome_slug(outcome).into(), outcome_in_words(outcome).0.into(), &asked.outcome)
        })
        .collect_view();
    view! {
        <form class="toolbar panel filters" method="get" action="/history" role="search">
            <SearchField label="Search by role or scope" hint="Role, scope or group" value=asked.search.clone()/>
            <label><span class="for-readers">"Time"</span><select name="days">{days}</select></label>
            <label><span class="for-readers">"Plane"</span><select name="plane"><option value="">"All planes"</option>{planes}</select></label>
            <label><span class="for-readers">"Sort"</span><select name="kind"><option value="">"Everything"</option>{kinds}</select></label>
            <label><span class="for-readers">"Outcome"</span><select name="outcome"><option value="">"Any outcome"</option>{outcomes}</select></label>
            <button class="button">"Show"</button>
        </form>
    }
    .into_any()
}

/// What happened to an entry, step by step.
pub(crate) fn moments(entry: &Entry, now: Timestamp) -> AnyView {
    let moments = entry.timeline.iter().map(|moment| {
        view! { <li><At at=moment.at now=now/>" "<span>{moment.what.clone()}</span>" "<span class="quiet">{source_in_words(moment.source)}</span></li> }
    });
    moments.collect_view().into_any()
}

/// An entry in a line, with its timeline behind it.
pub(crate) fn entry_row(context: &Context, entry: &Entry, now: Timestamp) -> AnyView {
    let plane =
        context.portal.planes().find(|plane| plane.id == entry.plane).map_or("", |plane| plane.singular);
    let (word, class) = outcome_in_words(entry.outcome);
    let link = entry.batch.map(|batch| view! { <a href=format!("/requests/{batch}")>"See it in full"</a> });
    let ids = (entry.request.is_some() || !entry.correlation_ids.is_empty()).then(|| {
        view! {
            <p class="ids">
                {entry.request.clone().map(|id| view! { "Request "<code>{id}</code>" " })}
                {entry.correlation_ids.iter().map(|id| view! { "Correlation id "<code>{id.clone()}</code>" " }).collect_view()}
            </p>
        }
    });
    let ticket = entry.ticket_number.clone().map(|number| {
        let system = entry.ticket_system.as_ref().map(|system| format!(" ({system})")).unwrap_or_default();
        view! { <span class="quiet">{format!("Ticket {number}{system}")}</span> }
    });
    view! {
        <li>
            <details>
                <summary>
                    <span class="when"><At at=entry.at now=now/></span>
                    <span class="role"><strong>{entry.title.clone()}</strong><span class="place">{entry.place.clone()}</span></span>
                    <span class="what">{kind_in_words(entry.kind)}{entry.minutes.map(|minutes| format!(" for {}", duration_words(minutes)))}
                        <span class=format!("plane plane-{}", entry.plane)>{plane}</span></span>
                    <span class=format!("mark {class}")>{word}</span>
                </summary>
                <div class="story">
                    {entry.justification.clone().map(|reason| view! { <p><q>{reason}</q></p> })}{ticket}
                    <ol class="timeline">{moments(entry, now)}</ol>
                    {ids}{link}
                </div>
            </details>
        </li>
    }
    .into_any()
}

fn gap_view(context: &Context, gap: &Gap) -> AnyView {
    let (why, todo) = failure::words(&gap.error);
    let plane = gap.plane.as_ref().and_then(|id| context.portal.planes().find(|plane| &plane.id == id));
    let text = match (gap.source, plane) {
        (Source::Audit, _) => {
            format!(
                "The directory's audit log could not be read: {why}. Activations that other tools made may lack steps here."
            )
        }
        (_, Some(plane)) => format!("Requests of {} could not be read: {why}. {todo}", plane.title),
        (_, None) => format!("A source could not be read: {why}. {todo}"),
    };
    view! { <p class="notice warn-ground" role="status">{text}</p> }.into_any()
}

const fn source_in_words(source: Source) -> &'static str {
    match source {
        Source::Portal => "portal",
        Source::Requests => "request",
        Source::Audit => "audit log",
    }
}

const fn kind_slug(kind: Kind) -> &'static str {
    match kind {
        Kind::Activation => "activation",
        Kind::Deactivation => "deactivation",
        Kind::Withdrawal => "withdrawal",
        Kind::Decision => "decision",
        Kind::Prolongation => "extension",
        Kind::Renewal => "renewal",
        Kind::End => "end",
        Kind::Other => "other",
    }
}

const fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Activation => "Activation",
        Kind::Deactivation => "Deactivation",
        Kind::Withdrawal => "Withdrawal",
        Kind::Decision => "Decision",
        Kind::Prolongation => "Extension",
        Kind::Renewal => "Renewal",
        Kind::End => "End of an activation",
        Kind::Other => "By an administrator",
    }
}

const fn outcome_slug(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Succeeded => "succeeded",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
        Outcome::Withdrawn => "withdrawn",
        Outcome::Unknown => "unknown",
    }
}

const fn outcome_in_words(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Open => ("Not ended yet", "working"),
        Outcome::Succeeded => ("Done", "good"),
        Outcome::Refused => ("Refused", "bad"),
        Outcome::Failed => ("Failed", "bad"),
        Outcome::Withdrawn => ("Withdrawn", "quiet-mark"),
        Outcome::Unknown => ("Not known", "waiting"),
    }
}
