//! The Helm chart, without helm: the values fit their schema, every value that a template reads exists, and every block is closed.
//! That the templates render to what Kubernetes accepts is `helm lint` and `helm template` in the workflow of the public forge.

use serde_json::Value;

/// Where values differ from their schema: unknown names, wrong types, choices that are not offered.
#[must_use]
pub fn values(values: &str, schema: &str) -> Vec<String> {
    let values: Value = match serde_yaml_ng::from_str(values) {
        Ok(values) => values,
        Err(error) => return vec![format!("the values are not YAML: {error}")],
    };
    let schema: Value = match serde_json::from_str(schema) {
        Ok(schema) => schema,
        Err(error) => return vec![format!("the schema is not JSON: {error}")],
    };
    let mut problems = Vec::new();
    fit("values", &values, &schema, &mut problems);
    problems
}

fn fit(path: &str, value: &Value, schema: &Value, problems: &mut Vec<String>) {
    let wanted = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if is != wanted {
        problems.push(format!("{path}: is {is}, and the schema says {wanted:?}"));
        return;
    }
    let choices = schema.get("enum").and_then(Value::as_array);
    if choices.is_some_and(|choices| !choices.contains(value)) {
        problems.push(format!("{path}: {value} is not one of the choices"));
    }
    if let Some(items) = schema.get("items") {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            fit(&format!("{path}[{index}]"), item, items, problems);
        }
    }
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let Some(known) = schema.get("properties").and_then(Value::as_object) else {
        if is == "object" && is_closed {
            problems.push(format!("{path}: closed, and names nothing"));
        }
        return;
    };
    if !is_closed {
        problems.push(format!("{path}: the schema lets unknown names in"));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match known.get(name) {
            Some(schema) => fit(&format!("{path}.{name}"), value, schema, problems),
            None => problems.push(format!("{path}.{name}: the schema does not know it")),
        }
    }
    for name in known.keys().filter(|name| value.get(name.as_str()).is_none()) {
        problems.push(format!("{path}.{name}: has no default"));
    }
}

/// What is wrong with a template: blocks that are not closed, values that do not exist.
#[must_use]
pub fn template(text: &str, values: &str) -> Vec<String> {
    let Ok(values) = serde_yaml_ng::from_str::<Value>(values) else {
        return vec!["the values are not YAML".into()];
    };
    let mut problems = Vec::new();
    let mut open = 0_usize;
    for action in text.split("{{").skip(1) {
        let Some((action, _)) = action.split_once("}}") else {
            problems.push(format!("not closed: {{{{{}", action.lines().next().unwrap_or_default()));
            continue;
        };
        let action = action.trim_matches(|c: char| c == '-' || c.is_whitespace());
        match action.split_whitespace().next() {
            Some("if" | "range" | "with" | "define") => open += 1,
            Some("end") if open == 0 => problems.push("an end without a beginning".into()),
            Some("end") => open -= 1,
            _ => {}
        }
        for path in action.split(".Values.").skip(1) {
            let end = path.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(path.len());
            let path = path[..end].trim_end_matches('.');
            let pointer = format!("/{}", path.replace('.', "/"));
            if values.pointer(&pointer).is_none() {
                problems.push(format!("there is no value {path}"));
            }
        }
    }
    if open > 0 {
        problems.push(format!("{open} block(s) without an end"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: &str = "image:\n  tag: '1'\ncloud: public\nplanes: [entra]\n";
    const SCHEMA: &str = r#"{ "type": "object", "additionalProperties": false, "properties": {
        "image": { "type": "object", "additionalProperties": false, "properties": { "tag": { "type": "string" } } },
        "cloud": { "type": "string", "enum": ["public", "china"] },
        "planes": { "type": "array", "items": { "type": "string" } } } }"#;

    #[test]
    fn values_fit_their_schema() {
        let broken = |from: &str, to: &str| values(&VALUES.replace(from, to), SCHEMA).join("\n");
        assert_eq!(broken("", ""), "");
        assert!(broken("tag: '1'", "tag: 1").contains("is integer"));
        assert!(broken("tag:", "tags:").contains("does not know it"));
        assert!(broken("cloud: public", "").contains("has no default"));
        assert!(broken("cloud: public", "cloud: moon").contains("not one of the choices"));
        assert!(broken("[entra]", "[1]").contains("planes[0]"));
        assert!(
            values(VALUES, &SCHEMA.replace("\"additionalProperties\": false, ", ""))
                .join("\n")
                .contains("unknown names")
        );
    }

    #[test]
    fn templates_read_what_exists_and_close_what_they_open() {
        let broken = |text: &str| template(text, VALUES).join("\n");
        assert_eq!(broken("{{- if .Values.image.tag }}\na: {{ .Values.cloud | quote }}\n{{- end }}"), "");
        assert!(broken("{{ .Values.image.tags }}").contains("no value image.tags"));
        assert!(broken("{{ if .Values.cloud }}").contains("without an end"));
        assert!(broken("{{ end }}").contains("without a beginning"));
        assert!(broken("{{ .Values.cloud }\n").contains("not closed"));
    }
}
