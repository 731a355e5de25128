//! Reasons that the person wrote before, each one click from the field. Without a script a click is a step of the form, which comes
//! back filled; the island `Reasons` fills the field at once.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::reasons::{LONGEST_NAME, Reasons, TemplateError};

use crate::components::icon::{Glyph, Icon};

/// How many of the last reasons stand beside the field; all of them are in the list below it.
const AT_HAND: usize = 3;

/// Names an error in an address.
pub(crate) fn slug(error: TemplateError) -> &'static str {
    match error {
        TemplateError::NoName => "no-name",
        TemplateError::NameTooLong => "long-name",
        TemplateError::Text => "no-text",
        TemplateError::TooMany => "many",
        TemplateError::Store(_) => "store",
    }
}

/// What an address says went wrong. A closed list: an address can put no other words there.
fn problem(slug: &str) -> &'static str {
    match slug {
        "no-name" => "Write a name for the template.",
        "long-name" => "Shorten the name to 80 characters.",
        "no-text" => {
            "Write the reason first: the template keeps what stands in the field, up to 500 characters."
        }
        "many" => "You have as many templates as the portal keeps: 20. Delete one first.",
        _ => "The portal could not write to its own store. Nothing was changed; try again.",
    }
}

/// A button that puts `text` into the field.
fn fill(text: &str, name: Option<&str>, class: &'static str) -> impl IntoView + use<> {
    let label = name.unwrap_or(text).to_owned();
    let (text, title) = (text.to_owned(), text.to_owned());
    view! {
        <button class=class name="step" value=format!("use:{text}") data-reason=text title=title><span class="for-readers">"Use: "</span>{label}</button>
    }
}

/// The reasons and templates, below the field.
pub(super) fn offered(reasons: &Reasons) -> AnyView {
    let query = use_query_map().get_untracked();
    let problem = query.get("template").map(|slug| problem(&slug));
    let open = problem.is_some() || query.get("reasons").is_some();
    let templates =
        reasons.templates.iter().map(|one| fill(&one.text, Some(&one.name), "chip")).collect_view();
    let last = reasons.recent.iter().take(AT_HAND).map(|text| fill(text, None, "chip")).collect_view();
    let row = |text: &str, name: Option<&str>, step: String, verb: &'static str| {
        let what = name.unwrap_or(text).to_owned();
        let named = name.map(|_| view! { <span class="place">{text.to_owned()}</span> });
        view! {
            <li>
                <span>{fill(text, name, "plain reason")}{named}</span>
                <button class="icon-button" name="step" value=step title=verb><Icon glyph=Glyph::Remove/><span class="for-readers">{format!("{verb} {what}")}</span></button>
            </li>
        }
    };
    let kept = reasons
        .templates
        .iter()
        .map(|one| row(&one.text, Some(&one.name), format!("delete-template:{}", one.name), "Delete"))
        .collect_view();
    let written =
        reasons.recent.iter().map(|text| row(text, None, format!("forget:{text}"), "Forget")).collect_view();
    let forget = (!reasons.recent.is_empty()).then(|| {
        view! { <button class="plain" name="step" value="forget-all">"Forget all recent reasons"</button> }
    });
    let chips = (!reasons.is_empty()).then(|| {
        view! { <div class="chips reasons-at-hand" role="group" aria-label="Reasons that you wrote before">{templates}{last}</div> }
    });
    view! {
        {chips}
        <details class="reasons" id="reasons" open=open>
            <summary>"Reasons and templates…"</summary>
            <ul>{kept}{written}</ul>
            {forget}
            <div class="field">
                <label for="template-name">"Save it as a template"</label><span class="hint">"only you see it; saving sends nothing"</span>
                <div class="copy-field">
                    <input type="text" id="template-name" name="template_name" maxlength=LONGEST_NAME.to_string() placeholder="Name of the template" autocomplete="off" aria-invalid=problem.is_some().to_string() aria-describedby="template-problem"/>
                    <button class="button" name="step" value="save-template">"Save template"</button>
                </div>
                <p class="problem" id="template-problem">{problem}</p>
            </div>
        </details>
    }
    .into_any()
}
