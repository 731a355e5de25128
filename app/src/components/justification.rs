//! The one `<textarea>` of the portal.
//!
//! Leptos does not escape what stands in a `<textarea>` (see [`crate::escape`]): a reason of `</textarea><script>…` would come out
//! live. So this component escapes it, and no other `<textarea>` may hold what was typed.

use leptos::prelude::*;
use portal::selection::LONGEST_JUSTIFICATION;

use crate::context::Context;
use crate::escape::escaped;

/// The reason, with what was typed before. It says what the organisation asks of one.
#[component]
pub(crate) fn JustificationField(
    /// The field's name in the form, and its id.
    #[prop(default = "justification")]
    name: &'static str,
    /// Who reads it.
    #[prop(default = "goes to the audit log and to approvers")]
    hint: &'static str,
    /// What was typed before.
    typed: String,
    /// Whether the browser should insist on it.
    required: bool,
    /// What is wrong with it.
    problem: Option<String>,
    /// Whether it has the focus when the page opens.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let rules = use_context::<Context>().map(|context| context.portal.rules().justification.clone());
    let rules = rules.unwrap_or_default();
    let id = |what: &str| format!("{name}-{what}");
    let described = if problem.is_some() {
        format!("{} {} {}", id("problem"), id("hint"), id("rules"))
    } else {
        format!("{} {}", id("hint"), id("rules"))
    };
    // A browser counts no fewer characters than the rules do, so it never refuses what they take.
    let shortest = (rules.shortest > 0).then(|| rules.shortest.to_string());
    view! {
        <div class="field">
            <label for=name>"Reason"</label>
            <span class="hint" id=id("hint")>{hint}</span>
            <p class="rules" id=id("rules")>{rules.hint()}</p>
            <textarea
                id=name
                name=name
                rows="3"
                minlength=shortest
                autofocus=focus
                maxlength=LONGEST_JUSTIFICATION.to_string()
                aria-required=required.to_string()
                aria-invalid=problem.is_some().to_string()
                aria-describedby=described
            >
                {escape(&typed)}
            </textarea>
            {problem.map(|text| view! { <p class="problem" id=id("problem")>{text}</p> })}
        </div>
    }
}

/// The parser drops one line break after the tag, so one is given to it; the rest of the text is kept as typed.
fn escape(text: &str) -> String {
    format!("\n{}", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(typed: &str) -> String {
        let field =
            JustificationFieldProps::builder().typed(typed.into()).required(true).problem(None).build();
        Owner::new().with(|| JustificationField(field).to_html())
    }

    #[test]
    fn a_reason_cannot_break_out() {
        let html = drawn("</textarea><script>alert(1)</script> & \"more\"");
        assert!(
            html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; \"more\""),
            "{html}"
        );
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_reason_comes_back_as_typed() {
        assert!(drawn("two\nlines").contains(">\ntwo\nlines<"), "{}", drawn("two\nlines"));
    }
}
