//! `/activate/{selection}`: what will happen, what has to be given, and the button.
//!
//! `duration`, `reasons`, `checked` and `steps` draw their part of it. A button of the form is a step of `/do/activate`; to add one,
//! add it there.

mod checked;
mod duration;
mod reasons;
mod steps;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use pim::duration::{ActivationDuration, words as duration_words};
use pim::ids::SelectionId;
use pim::policy::{ContextRequirement, PolicyReading, Requirement};
use portal::check::Check;
use portal::overview::Standing;
use portal::plan::{DEFAULT_DURATION, Line, Plan};
use portal::profiles::Profile;
use portal::reasons::Reasons;
use portal::rules::{Pattern, TicketRules};
use portal::selection::{Field, Problem, RowKey, Selection};

use crate::components::failure;
use crate::components::frame::Frame;
use crate::components::icon::{Glyph, Icon};
use crate::components::justification::JustificationField;
use crate::components::operation::violation;
use crate::components::plane::plane_mark;
use crate::components::policy::{approvers_in_words, capitalised, gives, why_unknown};
use crate::components::time::{At, clock};
use crate::context::{Context, signed_in};
use crate::islands::{Durations, Reasons as ReasonsIsland, Start};
use crate::pages::not_found::NotFound;
use crate::pages::profiles::problem as profile_problem;
use crate::words;

pub(crate) use self::reasons::slug as template_slug;

/// What stands on the page besides the plan.
struct Besides {
    /// Whether the selection was confirmed and not sent.
    abandoned: bool,
    /// What the service said to each line, where the person asked for it.
    checks: Option<Vec<Option<Check>>>,
    reasons: Reasons,
    profiles: Vec<Profile>,
}

/// The page.
#[component]
pub(crate) fn Activate() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let id =
        use_params_map().get_untracked().get("selection").and_then(|text| text.parse::<SelectionId>().ok());
    let asked_to_check = use_query_map().get_untracked().get("check").is_some();
    Suspend::new(async move {
        let Some(id) = id else { return view! { <NotFound/> }.into_any() };
        let Ok(selection) = context.portal.selection(&session, id).await else {
            return view! { <NotFound/> }.into_any();
        };
        let plan = context.portal.plan(&session, &selection).await;
        // Where the journal cannot be read it is not known; nobody is told then that nothing was sent.
        let abandoned = context.portal.was_abandoned(&session, &selection).await.unwrap_or(false);
        let checks = if asked_to_check { Some(context.portal.check(&session, &plan).await) } else { None };
        // What is offered for convenience is left out where it cannot be read.
        let reasons = context.portal.reasons(&session).await.unwrap_or_default();
        let profiles = context.portal.profiles(&session).await.unwrap_or_default();
        page(&context, &selection, &plan, &Besides { abandoned, checks, reasons, profiles })
    })
    .into_any()
}

fn page(context: &Context, selection: &Selection, plan: &Plan, besides: &Besides) -> AnyView {
    let abandoned = besides.abandoned;
    let ready = plan.ready().count();
    let heading = format!(
        "{} {}",
        if selection.continues { "Continue" } else { "Activate" },
        words::roles(plan.lines.len())
    );
    let lines = plan
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let check = besides.checks.as_ref().and_then(|checks| checks.get(index)).cloned().flatten();
            line_view(context, selection, plan, index, line, check.as_ref())
        })
        .collect_view();
    let problems = problems(selection, plan);
    let unsent = abandoned.then(|| {
        view! {
            <p class="notice warn-ground" role="status">"This was confirmed, but not sent: the portal stopped before. Confirm it again."</p>
        }
    });
    let confirmed = selection.confirmed.filter(|_| !abandoned).map(|batch| {
        view! {
            <p class="notice warn-ground" role="status">
                <span>"This was confirmed already. Nothing is sent a second time."</span>
                <a class="button" href=format!("/requests/{batch}")>"See what became of it"</a>
            </p>
        }
    });
    let can_send = ready > 0 && (selection.confirmed.is_none() || abandoned);
    let id = selection.id.to_string();
    let summary = problem_summary(&problems, plan);
    let left_out = left_out(context, selection, plan);
    let fields = fields(&context.portal.rules().ticket, selection, plan, &problems, &besides.reasons);
    let profile = save_as_profile(&besides.profiles);
    let steps = steps::steps(plan, context.now());
    let asks = steps::summary(plan);
    let checked = besides.checks.as_deref().map(checked::summary);
    let sends = if selection.continues { "Continue" } else { "Activate" };
    view! {
        <Frame title=heading.clone()>
            <div class="page-head">
                <div>
                    <p class="crumbs"><a href="/">"Overview"</a>" / Activate"</p>
                    <h1>{heading}</h1>
                    <p class="sum">{asks}</p>
                </div>
                <a class="button" href="/">"Back"</a>
            </div>
            {unsent}{confirmed}{checked}
            <form class="activate" method="post" action="/do/activate">
                // A form sent by Enter presses its first button. From a field that names a template or a profile it saves that; else it
                // activates.
                <button class="first-button" name="step" value="enter" tabindex="-1" aria-hidden="true" disabled=!can_send></button>
                <input type="hidden" name="selection" value=id/>
                <div class="columns">
                    <div>
                        {summary}
                        <ul class="panel plan">{lines}{left_out}</ul>
                        {fields}
                        {profile}
                    </div>
                    <aside class="panel steps" aria-labelledby="will-happen">
                        <h2 id="will-happen">"What will happen"</h2>
                        {steps}
                        <button class="button primary wide" name="step" value="confirm" disabled=!can_send>{format!("{sends} {}", words::roles(ready))}</button>
                        <button class="button wide" formnovalidate="" name="step" value="check" disabled=!can_send aria-describedby="check-hint">"Check first"</button>
                        <p class="quiet" id="check-hint">"asks Microsoft about each role, and sends nothing"</p>
                        <button class="plain wide without-script" formnovalidate="" name="step" value="again">"Work out again"</button>
                    </aside>
                </div>
            </form>
            <Durations/>
            <ReasonsIsland/>
            <Start/>
        </Frame>
    }
    .into_any()
}

fn line_view(
    context: &Context,
    selection: &Selection,
    plan: &Plan,
    index: usize,
    line: &Line,
    check: Option<&Check>,
) -> AnyView {
    let eligibility = &line.role.eligibility;
    let plane = context.portal.planes().find(|plane| plane.id == eligibility.target.plane);
    let plane_mark = plane.map(plane_mark);
    let now = context.now();
    let outcome = match line.standing {
        Standing::Active(Some(until)) if line.continues => {
            view! { <span>"Begins again at "<At at=until now=now/>", when the activation that runs ends"</span>{outcome_of(line)} }.into_any()
        }
        Standing::Active(Some(until)) => view! { <span class="mark good">"Active until "<At at=until now=now/></span><span class="quiet">"left out"</span> }.into_any(),
        Standing::Active(None) => view! { <span class="mark good">"Active"</span><span class="quiet">"left out"</span> }.into_any(),
        Standing::Waiting | Standing::Scheduled(_) => view! { <span class="mark waiting">"Already asked for"</span><span class="quiet">"left out"</span> }.into_any(),
        Standing::Free => outcome_of(line),
    };
    let maximum = line.policy.maximum_duration.map(ActivationDuration::minutes);
    let refused = line
        .refused
        .iter()
        .map(|each| view! { <span class="problem">{violation(each).0}</span> })
        .collect_view();
    let unknown = match &line.role.policy {
        PolicyReading::Unreadable(_) if line.dry_run => {
            Some(view! { <span class="quiet">"Its rules could not be read; Microsoft named them in a dry run."</span> }.into_any())
        }
        PolicyReading::Unreadable(reason) => Some(view! { <span class="warn">{why_unknown(*reason)}</span> }.into_any()),
        PolicyReading::Known(_) => None,
    };
    let length = line.is_ready().then(|| {
        let limit = maximum.unwrap_or_else(|| DEFAULT_DURATION.minutes());
        let of = maximum.map_or_else(|| " of an unknown limit".to_owned(), |maximum| format!(" of {}", duration_words(maximum)));
        let shortened = line.shortened_from.map(|wanted| format!("shortened from {}", wanted.words()));
        let unshortened = shortened.is_none();
        view! {
            <div class="length" data-maximum=maximum.map(|m| m.to_string()).unwrap_or_default() data-default=DEFAULT_DURATION.minutes().to_string()>
                <span><strong data-length="">{line.duration.words()}</strong><span class="quiet">{of}</span></span>
                <meter min="0" max=limit.to_string() value=line.duration.minutes().to_string() aria-label=format!("Length of {}", eligibility.names.title)></meter>
                <span class="quiet" data-shortened="" hidden=unshortened>{shortened}</span>
            </div>
        }
    });
    let name = format!("{}, {}", eligibility.names.title, eligibility.names.place);
    // What belongs to a role stands once, however many scopes it is narrowed to.
    let is_first = plan.lines.iter().position(|other| other.row == line.row) == Some(index);
    let narrowed = line.narrowed.as_ref().map(|child| {
        view! { <span class="narrowed"><strong>{child.name.clone()}</strong>" "<span class="quiet">{child.kind.clone()}</span></span> }
    });
    let can_narrow = is_first && line.is_ready() && context.portal.can_narrow(&line.role);
    let narrow = can_narrow.then(|| {
        let text = if line.narrowed.is_some() { "Change scopes…" } else { "Narrow to scopes…" };
        view! { <button class="plain narrow" formnovalidate="" name="step" value=format!("narrow:{}", line.row)>{text}<span class="for-readers">{format!(" of {name}")}</span></button> }
    });
    let own = (is_first && line.is_ready())
        .then(|| own_fields(&context.portal.rules().ticket, selection, index, line));
    let checked = check.map(|check| checked::line(check, line.start.is_some()));
    // After a role was removed, the focus goes to the button of the one that took its place.
    let at = selection.rows.iter().position(|row| row == &line.row).filter(|_| is_first);
    let remove_id = at.map(|at| format!("remove-{at}"));
    view! {
        <li>
            <div class="role"><strong>{eligibility.names.title.clone()}</strong><span class="place">{eligibility.names.place.clone()}</span>{narrowed}{plane_mark}{narrow}</div>
            <div class="gives"><span>{gives(&line.policy)}</span>{outcome}{unknown}{refused}{checked}{own}</div>
            {length}
            <button class="icon-button" id=remove_id formnovalidate="" name="step" value=format!("remove:{}", line.row) title="Remove"><Icon glyph=Glyph::Remove/><span class="for-readers">{format!("Remove {name}")}</span></button>
        </li>
    }
    .into_any()
}

fn outcome_of(line: &Line) -> AnyView {
    let sign_in = match &line.policy.authentication_context {
        ContextRequirement::Required(id) => {
            Some(view! { <span class="violet">{format!("Needs a stronger sign-in ({id})")}</span> })
        }
        _ => None,
    };
    let approval = line.approvers().map(|approvers| {
        view! { <span class="warn">{capitalised(&format!("{} has to approve", approvers_in_words(approvers)))}</span> }
    });
    let may_ask_more = line.may_ask_more().then(|| {
        view! { <span class="warn">"may wait for approval, or ask for a stronger sign-in"</span> }
    });
    let at_once = line.starts_at_once().then(|| view! { <span class="quiet">"starts at once"</span> });
    view! { {sign_in}{approval}{may_ask_more}{at_once} }.into_any()
}

/// Roles of the selection that cannot be activated now, and why.
fn left_out(context: &Context, selection: &Selection, plan: &Plan) -> AnyView {
    let missing = selection.missing.iter().map(|names| {
        view! { <li class="note">{format!("No longer eligible: {}, {}.", names.title, names.place)}</li> }
    });

    let unread = plan.unread.iter().map(|(row, error)| {
        let plane =
            context.portal.planes().find(|plane| plane.id == row.plane).map_or("", |plane| plane.title);
        let (why, todo) = failure::words(error);
        view! { <li class="note">{format!("A role of {plane} is left out: {why}. {todo}")}</li> }
    });
    let gone = (!plan.gone.is_empty()).then(|| {
        view! { <li class="note">{format!("{} of the selection: you are no longer eligible.", words::roles(plan.gone.len()))}</li> }
    });
    view! { {missing.collect_view()}{unread.collect_view()}{gone} }.into_any()
}

/// Keeps the roles and what was typed for the next time.
fn save_as_profile(profiles: &[Profile]) -> AnyView {
    let others = (!profiles.is_empty()).then(|| {
        let options = profiles.iter().map(|profile| view! { <option value=profile.id.to_string()>{profile.name.clone()}</option> });
        view! {
            <div class="field">
                <label for="profile">"Or add the roles to a profile that you have"</label>
                <div class="copy-field"><select id="profile" name="profile">{options.collect_view()}</select><button class="button" name="step" value="add-to-profile">"Add roles"</button></div>
            </div>
        }
    });
    let problem = use_query_map().get_untracked().get("profile").map(|slug| profile_problem(&slug));
    view! {
        <details class="save-profile" open=problem.is_some()>
            <summary>"Save as a profile…"</summary>
            <div class="field">
                <label for="profile-name">"Name of the profile"</label><span class="hint">"keeps the roles, the reason, the duration and the ticket; nothing is sent"</span>
                <input type="text" id="profile-name" name="profile_name" maxlength="80" aria-invalid=problem.is_some().to_string() aria-describedby="profile-problem"/>
                <p class="problem" id="profile-problem">{problem}</p>
                <button class="button" formnovalidate="" name="step" value="save-profile">"Save profile"</button>
            </div>
            {others}
        </details>
    }
    .into_any()
}

/// What is wrong: with what was typed, and with what the service refused.
fn problems(selection: &Selection, plan: &Plan) -> Vec<Problem> {
    let mut problems = selection.problems.clone();
    for line in &plan.lines {
        for (text, field) in line.refused.iter().map(violation) {
            let Some(field) = field else { continue };
            if !problems.iter().any(|known| known.field == field) {
                problems.push(Problem {
                    field,
                    row: None,
                    text: format!("{}: {text}", line.role.eligibility.names.title),
                });
            }
        }
    }
    problems
}

/// The id of a field that is for one role alone.
fn own_id(index: usize, field: &str) -> String {
    format!("own-{index}-{field}")
}

fn problem_summary(problems: &[Problem], plan: &Plan) -> AnyView {
    if problems.is_empty() {
        return view! { <div id="problems"></div> }.into_any();
    }
    let links = problems.iter().map(|problem| {
        let line = problem.row.as_ref().and_then(|row| plan.lines.iter().position(|line| &line.row == row));
        let (all, own) = match problem.field {
            Field::Duration => ("duration", "minutes"),
            Field::Justification => ("justification", "reason"),
            Field::Ticket => ("ticket-number", "ticket"),
            Field::TicketSystem => ("ticket-system", "system"),
            Field::Start => ("start", "minutes"),
        };
        let target = line.map_or_else(|| all.to_owned(), |index| own_id(index, own));
        let whose = line.map(|index| format!("{}: ", plan.lines[index].role.eligibility.names.title));
        view! { <li><a href=format!("#{target}")>{whose}{problem.text.clone()}</a></li> }
    });
    view! {
        <div id="problems" class="notice bad-ground" role="alert">
            <div><strong>"Nothing was sent."</strong>" Put this right first:"<ul>{links.collect_view()}</ul></div>
        </div>
    }
    .into_any()
}

fn fields(
    rules: &TicketRules,
    selection: &Selection,
    plan: &Plan,
    problems: &[Problem],
    reasons: &Reasons,
) -> AnyView {
    let problem = |field| problem_of(problems, None, field);
    let typed = &selection.fields;
    let asks_ticket = plan.ticket();
    let (ticket_problem, system_problem) = (problem(Field::Ticket), problem(Field::TicketSystem));
    let ticket = (asks_ticket.should_ask() || ticket_problem.is_some() || system_problem.is_some() || !typed.ticket_number.is_empty()).then(|| {
        let asked = plan.ready().filter(|line| line.policy.ticket == Requirement::Required).count();
        let hint = if asked > 0 { format!("asked by {}", words::roles(asked)) } else { "may be asked for".into() };
        view! {
            <div class="pair">
                <div class="field">
                    <label for="ticket-number">"Ticket"</label><span class="hint" id="ticket-hint">{hint}</span>
                    <p class="rules" id="ticket-rules">{rules.hint()}</p>
                    <input type="text" id="ticket-number" name="ticket_number" value=typed.ticket_number.clone() maxlength="128" autocomplete="off"
                        pattern=pattern(rules) title=pattern_words(rules)
                        aria-required=(asks_ticket == Requirement::Required).to_string() aria-invalid=ticket_problem.is_some().to_string()
                        aria-describedby="ticket-hint ticket-rules ticket-problem"/>
                    <p class="problem" id="ticket-problem">{ticket_problem}</p>
                </div>
                <div class="field">
                    <label for="ticket-system">"Ticket system"</label>
                    {system_field(rules, "ticket-system".into(), "ticket_system".into(), &typed.ticket_system, "Choose…", system_problem)}
                </div>
            </div>
        }
    });
    let insist = plan.justification().should_ask();
    // Who comes by a profile has nothing left to do but this.
    let focus = use_query_map().get_untracked().get("focus").is_some_and(|what| what == "reason");
    view! {
        <JustificationField typed=typed.justification.clone() required=insist problem=problem(Field::Justification) focus=focus/>
        {reasons::offered(reasons)}
        {ticket}
        {duration::field(typed.wanted, plan, problem(Field::Duration))}
        {start(selection, problem(Field::Start))}
    }
    .into_any()
}

/// What is wrong with a field: of one role alone, or the one for all.
fn problem_of(problems: &[Problem], row: Option<&RowKey>, field: Field) -> Option<String> {
    let found = problems.iter().find(|problem| problem.field == field && problem.row.as_ref() == row);
    found.map(|problem| problem.text.clone())
}

/// What a browser may check by itself of a ticket number.
fn pattern(rules: &TicketRules) -> Option<String> {
    rules.pattern.as_ref().and_then(Pattern::for_browsers)
}

/// What a browser says beside its own words when it does.
fn pattern_words(rules: &TicketRules) -> Option<String> {
    pattern(rules).and_then(|_| rules.hint())
}

/// The ticket system: one of the organisation's, or any where it names none. `none` is what stands there when none is chosen.
fn system_field(
    rules: &TicketRules,
    id: String,
    name: String,
    typed: &str,
    none: &'static str,
    problem: Option<String>,
) -> AnyView {
    let problem_id = format!("{id}-problem");
    let (described, is_wrong) = (problem_id.clone(), problem.is_some().to_string());
    let field = if rules.systems.is_empty() {
        let typed = typed.to_owned();
        view! { <input type="text" id=id name=name value=typed maxlength="128" autocomplete="off" aria-invalid=is_wrong aria-describedby=described/> }.into_any()
    } else {
        let systems = rules.systems.iter().map(|system| {
            view! { <option value=system.clone() selected=system == typed>{system.clone()}</option> }
        });
        view! { <select id=id name=name aria-invalid=is_wrong aria-describedby=described><option value="">{none}</option>{systems.collect_view()}</select> }.into_any()
    };
    view! { {field}<p class="problem" id=problem_id>{problem}</p> }.into_any()
}

/// When it starts. The browser says which zone it is in; without a script the time is UTC, and says so.
fn start(selection: &Selection, problem: Option<String>) -> Option<AnyView> {
    if selection.continues {
        return None;
    }
    let at = selection.fields.start;
    let value = at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M").to_string());
    let is_wrong = problem.is_some().to_string();
    Some(
        view! {
            <div class="field" id="start-field">
                <label for="start">"Start"</label><span class="hint" id="start-hint">"at once when empty; "<span data-zone-name="">"in UTC"</span></span>
                <input type="datetime-local" id="start" name="start" value=value aria-invalid=is_wrong aria-describedby="start-hint start-problem start-both"
                    data-start=at.map(|at| at.as_millisecond().to_string())/>
                <input type="hidden" name="start_offset" value="0"/>
                <p class="quiet" id="start-both" data-start-both="">{at.map(|at| clock(at, "%a %-d %b %Y, "))}</p>
                <p class="problem" id="start-problem">{problem}</p>
            </div>
        }
        .into_any(),
    )
}

/// What may differ for one role alone. What is left empty is as for all. The browser checks none of it: a field that is folded away could
/// not tell what is wrong.
fn own_fields(rules: &TicketRules, selection: &Selection, index: usize, line: &Line) -> AnyView {
    let problem = |field| problem_of(&selection.problems, Some(&line.row), field);
    let own = selection.fields.own(&line.row).cloned().unwrap_or_default();
    let name = |field: &str| format!("own[{index}][{field}]");
    let id = |field: &str| own_id(index, field);
    let title = line.role.eligibility.names.title.clone();
    let asks_ticket = line.policy.ticket.should_ask();
    let maximum =
        line.policy.maximum_duration.map_or_else(|| DEFAULT_DURATION.minutes(), ActivationDuration::minutes);
    let wrong_ticket = problem(Field::Ticket);
    let ticket = asks_ticket.then(|| {
        view! {
            <label for=id("ticket")>"Ticket"</label>
            <input type="text" id=id("ticket") name=name("ticket_number") value=own.ticket_number.clone() maxlength="128" autocomplete="off"
                aria-invalid=wrong_ticket.is_some().to_string() aria-describedby=id("ticket-problem")/>
            <p class="problem" id=id("ticket-problem")>{wrong_ticket}</p>
            <label for=id("system")>"Ticket system"</label>
            {system_field(rules, id("system"), name("ticket_system"), own.ticket_system.as_deref().unwrap_or_default(), "As for all", problem(Field::TicketSystem))}
        }
    });
    let wrong_reason = problem(Field::Justification);
    view! {
        <details class="own" open=!own.is_empty()>
            <summary>"For this role alone"<span class="for-readers">{format!(": {title}")}</span></summary>
            <input type="hidden" name=name("row") value=line.row.to_string()/>
            <label for=id("minutes")>"Minutes"</label>
            <input type="number" id=id("minutes") name=name("wanted") value=own.duration.map(|duration| duration.minutes().to_string()) min="5" max=maximum.to_string() placeholder="as for all"/>
            <label for=id("reason")>"Reason"</label>
            <input type="text" id=id("reason") name=name("justification") value=own.justification.clone() maxlength="500" placeholder="as for all" autocomplete="off"
                aria-invalid=wrong_reason.is_some().to_string() aria-describedby=id("reason-problem")/>
            <p class="problem" id=id("reason-problem")>{wrong_reason}</p>
            {ticket}
        </details>
    }
    .into_any()
}
