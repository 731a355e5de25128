//! `/profiles`: named sets of roles. `/activate?profile=…&reason=…`: a link to one, which ends on the page that asks to confirm.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::PortalError;
use portal::overview::Standing;
use portal::profiles::{Defaults, LONGEST_NAME, Profile, ProfileError, Used};
use portal::selection::{LONGEST_JUSTIFICATION, LONGEST_TICKET, Wanted};

use crate::actions::go;
use crate::components::copy::CopyField;
use crate::components::frame::Frame;
use crate::components::icon::{Glyph, Icon};
use crate::components::plane::plane_mark;
use crate::components::time::At;
use crate::context::{Context, signed_in};
use crate::words;

/// The page.
#[component]
pub(crate) fn Profiles() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let said = query.get("notice").map(|slug| notice(&slug));
    let mut problems: Vec<String> =
        query.get("problem").map(|slug| problem(&slug).to_owned()).into_iter().collect();
    problems.extend(query.get_all("refused").unwrap_or_default());
    Suspend::new(async move {
        let Ok(profiles) = context.portal.profiles(&session).await else {
            return page(&[], Vec::new(), None, vec![problem("store").to_owned()]);
        };
        let mut cards = Vec::new();
        for (at, profile) in profiles.iter().enumerate() {
            cards.push(card(&context, &session, profile, (at, profiles.len())).await);
        }
        page(&profiles, cards, said, problems)
    })
    .into_any()
}

/// Makes a selection of the profile that the address names and goes there. Nothing is sent by opening a link.
#[component]
pub(crate) fn UseProfile() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let (name, reason) = (query.get("profile").unwrap_or_default(), query.get("reason"));
    Suspend::new(async move {
        go(&used(context.portal.use_profile(&session, &name, reason.as_deref()).await));
    })
    .into_any()
}

/// Where using a profile leads.
pub(crate) fn used(used: Result<Used, ProfileError>) -> String {
    match used {
        Ok(used) => format!("/activate/{}?focus=reason", used.selection.id),
        Err(error) => format!("/profiles?problem={}", slug(&error)),
    }
}

/// Names an error in an address.
pub(crate) fn slug(error: &ProfileError) -> &'static str {
    match error {
        ProfileError::NotFound => "unknown",
        ProfileError::NoName => "no-name",
        ProfileError::NameTooLong => "long-name",
        ProfileError::NameTaken => "taken",
        ProfileError::TooMany => "many",
        ProfileError::Unread => "unread",
        ProfileError::Roles => "roles",
        ProfileError::Portal(PortalError::NotEligible) => "not-eligible",
        ProfileError::Portal(_) => "store",
    }
}

/// What an address says went wrong. A closed list: an address can put no other words there.
pub(crate) fn problem(slug: &str) -> &'static str {
    match slug {
        "unknown" => "There is no profile of that name. Yours are listed here.",
        "no-name" => "Write a name for the profile.",
        "long-name" => "Shorten the name to 80 characters.",
        "taken" => "Another profile of yours has this name. Choose another one.",
        "many" => "You have as many profiles as the portal keeps: 50. Delete one first.",
        "unread" => {
            "Some roles could not be read just now, so the profile was not saved. Try again in a minute."
        }
        "roles" => "A profile has 1 to 100 roles that you are eligible for. Nothing was changed.",
        "not-eligible" => "You are not eligible for any role of that profile just now. Nothing was sent.",
        _ => "The portal could not read or write its own store. Nothing was changed; try again.",
    }
}

fn notice(slug: &str) -> &'static str {
    match slug {
        "saved" => "The profile is saved.",
        "changed" => "The profile is changed.",
        "added" => "The roles are added to the profile.",
        "deleted" => "The profile is deleted.",
        _ => "The profiles of the file are added.",
    }
}

async fn card(
    context: &Context,
    session: &portal::Session,
    profile: &Profile,
    (at, of): (usize, usize),
) -> AnyView {
    let origin = context.site.origin.clone();
    let now = context.now();
    let mut roles = Vec::new();
    let mut active = 0;
    for role in &profile.roles {
        let plane = &role.target.plane;
        let held = context.portal.held(session, plane).await.ok();
        let is_active =
            held.is_some_and(|held| matches!(held.standing(&role.target, now), Standing::Active(_)));
        active += usize::from(is_active);
        let is_gone = context.portal.eligible(session, plane).await.is_ok_and(|eligible| {
            !eligible.roles.iter().any(|one| one.eligibility.target.same_as(&role.target))
        });
        let mark = context.portal.planes().find(|one| one.id == *plane).map(plane_mark);
        let state = if is_active {
            Some(view! { <span class="mark good">"Active"</span> }.into_any())
        } else {
            is_gone.then(|| view! { <span class="mark waiting">"No longer eligible"</span> }.into_any())
        };
        let narrowed = (!role.narrowed.is_empty())
            .then(|| role.narrowed.iter().map(|child| child.name.as_str()).collect::<Vec<_>>().join(", "));
        roles.push(view! {
            <li>{mark}<strong>{role.names.title.clone()}</strong><span class="place">{role.names.place.clone()}{narrowed.map(|names| format!(" / {names}"))}</span>{state}</li>
        });
    }
    let defaults = &profile.defaults;
    let length = match defaults.wanted {
        Wanted::Longest => "as long as each role allows".to_owned(),
        Wanted::For(duration) => format!("for {}", duration.words()),
    };
    let reason =
        (!defaults.justification.is_empty()).then(|| view! { <q>{defaults.justification.clone()}</q> });
    let ticket = (!defaults.ticket_number.is_empty()).then(|| format!("Ticket {}", defaults.ticket_number));
    let id = profile.id.to_string();
    let now_active = (active > 0).then(|| format!("{active} of them active now"));
    let last_used = match profile.last_used {
        Some(used) => view! { "last used "<At at=used now=now/> }.into_any(),
        None => "never used".into_any(),
    };
    let step = |verb: &'static str, glyph: Glyph, text: &'static str, disabled: bool| {
        let id = format!("{verb}-{}", profile.id);
        view! { <button class="icon-button" id=id name="step" value=verb title=text disabled=disabled><Icon glyph=glyph/><span class="for-readers">{format!("{text}: {}", profile.name)}</span></button> }
    };
    view! {
        <li class="panel profile">
            <div class="profile-head">
                <div>
                    <h2>{profile.name.clone()}</h2>
                    <p class="quiet">{words::roles(profile.roles.len())}", "{length}{now_active.map(|text| format!("; {text}"))}</p>
                    <p class="quiet">{last_used}</p>
                </div>
                <form method="post" action="/do/change-profile" class="profile-order">
                    <input type="hidden" name="profile" value=id.clone()/>
                    {step("up", Glyph::Up, "Move up", at == 0)}
                    {step("down", Glyph::Down, "Move down", at + 1 == of)}
                </form>
                <form method="post" action="/do/use-profile">
                    <input type="hidden" name="profile" value=id.clone()/>
                    <button class="button primary">"Activate…"<span class="for-readers">{format!(" {}", profile.name)}</span></button>
                </form>
            </div>
            <ul class="profile-roles">{roles.collect_view()}</ul>
            <p class="gives">{reason}{ticket}</p>
            {edit(profile)}
            <details>
                <summary>"Link"<span class="for-readers">{format!(" to {}", profile.name)}</span></summary>
                <CopyField id=format!("link-{id}") label=format!("Link to {}, which asks to confirm", profile.name) text=format!("{origin}/activate?profile={id}")/>
                <p class="quiet">"Add "<code>"&reason=…"</code>" for a reason. It works for you alone: whoever else opens it sees their own profiles."</p>
            </details>
        </li>
    }
    .into_any()
}

/// What can be changed: name, defaults, roles.
fn edit(profile: &Profile) -> AnyView {
    let id = profile.id.to_string();
    let Defaults { wanted, justification, ticket_number, ticket_system } = profile.defaults.clone();
    let minutes = match wanted {
        Wanted::For(duration) => Some(duration.minutes().to_string()),
        Wanted::Longest => None,
    };
    let only = profile.roles.len() == 1;
    let roles = profile.roles.iter().map(|role| {
        let name = format!("{}, {}", role.names.title, role.names.place);
        view! {
            <li><span>{name.clone()}</span><button class="button" name="step" value=format!("remove:{}", role.key()) disabled=only>"Remove"<span class="for-readers">{format!(" {name}")}</span></button></li>
        }
    });
    let field = |name: &'static str, label: &'static str, value: String, most: usize| {
        let id = format!("{name}-{}", profile.id);
        view! {
            <div class="field"><label for=id.clone()>{label}</label><input type="text" id=id name=name value=value maxlength=most.to_string() autocomplete="off"/></div>
        }
    };
    let minutes_id = format!("wanted-{id}");
    view! {
        <details>
            <summary>"Edit"<span class="for-readers">{format!(" {}", profile.name)}</span></summary>
            <form method="post" action="/do/change-profile" class="profile-change">
                // Enter saves, whatever field it is pressed in.
                <button class="first-button" name="step" value="save" tabindex="-1" aria-hidden="true"></button>
                <input type="hidden" name="profile" value=id/>
                {field("name", "Name", profile.name.clone(), LONGEST_NAME)}
                <div class="field">
                    <label for=minutes_id.clone()>"Minutes"</label><span class="hint">"as long as each role allows when empty"</span>
                    <input type="number" id=minutes_id name="wanted" min="5" value=minutes/>
                </div>
                {field("reason", "Reason", justification, LONGEST_JUSTIFICATION)}
                <div class="pair">
                    {field("ticket_number", "Ticket", ticket_number, LONGEST_TICKET)}
                    {field("ticket_system", "Ticket system", ticket_system, LONGEST_TICKET)}
                </div>
                <p class="after"><button class="button" name="step" value="save">"Save"</button><button class="button danger" name="step" value="delete">"Delete"<span class="for-readers">{format!(" {}", profile.name)}</span></button></p>
                <ul class="profile-edit-roles">{roles.collect_view()}</ul>
                <p class="quiet">"To add roles, tick them on the overview, choose Activate…, and add them to this profile there."</p>
            </form>
        </details>
    }
    .into_any()
}

fn page(
    profiles: &[Profile],
    cards: Vec<AnyView>,
    said: Option<&'static str>,
    problems: Vec<String>,
) -> AnyView {
    let empty = profiles.is_empty().then(|| {
        view! {
            <p class="panel nothing-here">"No profile yet. Tick roles on the "<a href="/">"overview"</a>", choose Activate…, and save them as a profile there: next time it is one click."</p>
        }
    });
    let problems = (!problems.is_empty()).then(|| {
        let items = problems.into_iter().map(|text| view! { <li>{text}</li> }).collect_view();
        view! { <ul class="notice warn-ground" role="alert">{items}</ul> }
    });
    let export = (!profiles.is_empty())
        .then(|| view! { <a class="button" href="/profiles.json" download="pim-profiles.json">"Export"</a> });
    view! {
        <Frame title="Profiles">
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / Profiles"</p><h1>"Profiles"</h1></div>
                {export}
            </div>
            {said.map(|text| view! { <p class="notice good-ground" role="status">{text}</p> })}
            {problems}
            {empty}
            <ul class="profiles">{cards}</ul>
            <details class="import">
                <summary>"Import from a file"</summary>
                <form method="post" action="/do/import-profiles">
                    <div class="field">
                        <label for="file">"Content of an exported file"</label><span class="hint">"all of its profiles are added, or none"</span>
                        <textarea id="file" name="file" rows="6" spellcheck="false"></textarea>
                    </div>
                    <p class="after"><button class="button">"Import"</button></p>
                </form>
            </details>
        </Frame>
    }
    .into_any()
}
