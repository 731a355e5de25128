//! The workflows of the public forge: actions by commit, tokens that can do little and are not left behind, no expression in a script.
//! `zizmor` and `actionlint` look at more, where they can be had.

use serde_yaml_ng::Value;

/// What is wrong with a workflow.
#[must_use]
pub fn problems(text: &str) -> Vec<String> {
    let file: Value = match serde_yaml_ng::from_str(text) {
        Ok(file) => file,
        Err(error) => return vec![format!("not YAML: {error}")],
    };
    let mut problems = Vec::new();
    let may = file.get("permissions").and_then(Value::as_mapping);
    if !may.is_some_and(|may| may.len() == 1 && may.get("contents").and_then(Value::as_str) == Some("read")) {
        problems.push("jobs may do more than read the repository, unless they say so themselves".into());
    }
    let jobs = file.get("jobs").and_then(Value::as_mapping).into_iter().flatten();
    let steps = jobs.filter_map(|(_, job)| job.get("steps").and_then(Value::as_sequence)).flatten();
    for step in steps {
        if let Some(action) = step.get("uses").and_then(Value::as_str) {
            let (name, commit) = action.split_once('@').unwrap_or((action, ""));
            if commit.len() != 40 || !commit.chars().all(|c| c.is_ascii_hexdigit()) {
                problems.push(format!("{action}: a tag can be moved, a commit cannot"));
            }
            let keeps = step.get("with").and_then(|with| with.get("persist-credentials"));
            if name == "actions/checkout" && keeps.and_then(Value::as_bool) != Some(false) {
                problems.push(format!("{action}: leaves the token where later steps find it"));
            }
        }
        if step.get("run").and_then(Value::as_str).is_some_and(|script| script.contains("${{")) {
            problems.push("an expression inside a script: hand it over in the environment".into());
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "permissions:\n  contents: read\njobs:\n  a:\n    steps:\n      \
        - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567 # v1.0.0\n        \
        with: { persist-credentials: false }\n      - run: echo $TITLE\n";

    #[test]
    fn a_workflow_is_pinned_and_tight() {
        let broken = |from: &str, to: &str| problems(&FILE.replace(from, to)).join("\n");
        assert_eq!(broken("", ""), "");
        assert!(broken("permissions:", "permissions: [").contains("not YAML"));
        assert!(broken("contents: read", "contents: write").contains("more than read"));
        assert!(broken("contents: read", "contents: read\n  packages: write").contains("more than read"));
        assert!(broken("0123456789abcdef0123456789abcdef01234567", "v1").contains("can be moved"));
        assert!(broken("{ persist-credentials: false }", "{}").contains("leaves the token"));
        assert!(broken("$TITLE", "${{ github.event.issue.title }}").contains("inside a script"));
    }
}
