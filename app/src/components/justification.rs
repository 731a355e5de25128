//! The one `<textarea>` of the portal.
//!
//! Leptos 0.8 does not escape what stands in a `<textarea>` (<https://github.com/leptos-rs/leptos/issues/4819>): a reason of
//! `</textarea><script>…` would come out live. So this component escapes it, no other `<textarea>` may hold what was typed, and
//! `a_reason_cannot_break_out` fails as soon as Leptos escapes it too, which is the time to remove `escape`.

use leptos::prelude::*;
use portal::selection::LONGEST_JUSTIFICATION;

/// The reason, with what was typed before.
#[component]
pub(crate) fn JustificationField(
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
    let described =
        if problem.is_some() { "justification-problem justification-hint" } else { "justification-hint" };
    view! {
        <div class="field">
            <label for="justification">"Reason"</label>
            <span class="hint" id="justification-hint">"goes to the audit log and to approvers"</span>
            <textarea
                id="justification"
                name="justification"
                rows="3"
                autofocus=focus
                maxlength=LONGEST_JUSTIFICATION.to_string()
                aria-required=required.to_string()
                aria-invalid=problem.is_some().to_string()
                aria-describedby=described
            >
                {escape(&typed)}
            </textarea>
            {problem.map(|text| view! { <p class="problem" id="justification-problem">{text}</p> })}
        </div>
    }
}

/// The parser drops one line break after the tag, so one is given to it; the rest of the text is kept as typed.
fn escape(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(typed: &str) -> String {
        let field =
            JustificationFieldProps { typed: typed.into(), required: true, problem: None, focus: false };
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
