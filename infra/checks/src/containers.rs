//! The container file and the compose file: pinned images, an unprivileged user, nothing writable but the data.

use serde_yaml_ng::Value;

/// What is wrong with a container file.
#[must_use]
pub fn container_file(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut stages: Vec<&str> = Vec::new();
    let mut last = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if words.next() != Some("FROM") {
            last.push(line);
            continue;
        }
        last.clear();
        let image = words.next().unwrap_or_default();
        if image != "scratch" && !stages.contains(&image) && !is_pinned(image) {
            problems.push(format!("{image}: neither a digest nor an exact version"));
        }
        stages.extend(words.nth(1));
    }
    let user = last.iter().find_map(|line| line.strip_prefix("USER "));
    let is_unprivileged =
        user.is_some_and(|user| user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)));
    if !is_unprivileged {
        problems.push("the last stage has no numeric user other than root".into());
    }
    for (instruction, why) in
        [("HEALTHCHECK ", "no health check"), ("ENTRYPOINT [", "no entry point without a shell")]
    {
        if !last.iter().any(|line| line.starts_with(instruction)) {
            problems.push(format!("the last stage has {why}"));
        }
    }
    problems
}

/// What is wrong with compose files that are used together, in this order.
#[must_use]
pub fn compose(texts: &[&str]) -> Vec<String> {
    let files: Result<Vec<Value>, _> = texts.iter().map(|text| serde_yaml_ng::from_str(text)).collect();
    let file = match files {
        Ok(files) => files.into_iter().fold(Value::Null, joined),
        Err(error) => return vec![format!("not YAML: {error}")],
    };
    let Some(services) = file.get("services").and_then(Value::as_mapping) else {
        return vec!["no services".into()];
    };
    let mut problems = Vec::new();
    for (name, service) in services {
        let name = name.as_str().unwrap_or_default();
        let image = service.get("image").and_then(Value::as_str).unwrap_or_default();
        // What is built here, or named by whoever deploys, is pinned there.
        if service.get("build").is_none() && !image.starts_with("${") && !is_pinned(image) {
            problems.push(format!("{name}: {image:?} has neither a digest nor an exact version"));
        }
        if service.get("read_only").and_then(Value::as_bool) != Some(true) {
            problems.push(format!("{name}: its root file system can be written"));
        }
        let drops = service.get("cap_drop").and_then(Value::as_sequence);
        if !drops.is_some_and(|drops| drops.contains(&Value::from("ALL"))) {
            problems.push(format!("{name}: keeps capabilities"));
        }
        let options = service.get("security_opt").and_then(Value::as_sequence);
        if !options.is_some_and(|options| options.contains(&Value::from("no-new-privileges:true"))) {
            problems.push(format!("{name}: may gain privileges"));
        }
        let volumes = service.get("volumes").and_then(Value::as_sequence);
        for volume in volumes.into_iter().flatten().filter_map(Value::as_str) {
            let source = volume.split(':').next().unwrap_or_default();
            let is_named = !source.starts_with(['.', '/']);
            if is_named && file.get("volumes").and_then(|volumes| volumes.get(source)).is_none() {
                problems.push(format!("{name}: the volume {source} is declared nowhere"));
            }
        }
        for (key, list) in service.as_mapping().into_iter().flatten() {
            let list = list.as_sequence().map(Vec::as_slice).unwrap_or_default();
            if list.iter().enumerate().any(|(index, item)| list[..index].contains(item)) {
                problems.push(format!("{name}: {key:?} says something twice, which Compose refuses"));
            }
        }
    }
    problems
}

/// One file with another over it, as Compose joins them: mappings by their keys, lists one after the other.
fn joined(below: Value, above: Value) -> Value {
    match (below, above) {
        (Value::Mapping(mut below), Value::Mapping(above)) => {
            for (key, value) in above {
                let joined = joined(below.remove(&key).unwrap_or_default(), value);
                below.insert(key, joined);
            }
            Value::Mapping(below)
        }
        (Value::Sequence(below), Value::Sequence(above)) => Value::Sequence([below, above].concat()),
        (_, above) => above,
    }
}

/// A digest, or a tag with three numbers (`2.10.2`, `13.1.0-slim`), a day (`bookworm-20260901`), or PostgreSQL's two (`17.6`).
fn is_pinned(image: &str) -> bool {
    if image.split_once("@sha256:").is_some_and(|(_, digest)| digest.len() == 64) {
        return true;
    }
    let Some((name, tag)) = image.rsplit_once(':') else { return false };
    let enough = if name.ends_with("/postgres") { 2 } else { 3 };
    let numbers = |part: &str| part.split('.').filter(|number| number.parse::<u32>().is_ok()).count();
    tag.split('-').any(|part| numbers(part) == enough || (part.len() == 8 && part.parse::<u32>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "FROM rust:1.94.0-bookworm AS build\nRUN true\nFROM scratch\nCOPY --from=build /a /a\nUSER 65532:65532\n\
        HEALTHCHECK CMD [\"/a\", \"healthcheck\"]\nENTRYPOINT [\"/a\"]\n";

    #[test]
    fn a_container_file_is_pinned_and_unprivileged() {
        let broken = |from: &str, to: &str| container_file(&FILE.replace(from, to)).join("\n");
        assert_eq!(broken("", ""), "");
        assert!(broken("1.94.0-bookworm", "latest").contains("exact version"));
        assert!(broken(":1.94.0-bookworm", "").contains("exact version"));
        assert!(broken("1.94.0-bookworm", "1").contains("exact version"));
        assert!(broken("65532:65532", "0:0").contains("other than root"));
        assert!(broken("65532:65532", "portal").contains("other than root"));
        assert!(broken("HEALTHCHECK", "#").contains("no health check"));
        assert!(broken("[\"/a\"]", "/a").contains("without a shell"));
        assert!(
            broken("rust:1.94.0-bookworm", "docker.io/library/postgres:17-bookworm")
                .contains("exact version")
        );
        assert_eq!(broken("rust:1.94.0-bookworm", "docker.io/library/postgres:17.6-bookworm"), "");
        assert_eq!(broken("1.94.0-bookworm", &format!("1@sha256:{}", "a".repeat(64))), "");
    }

    const COMPOSE: &str = "services:\n  proxy:\n    image: caddy:2.10.2-alpine\n    read_only: true\n    cap_drop: [ALL]\n    \
        security_opt: ['no-new-privileges:true']\n    volumes: ['data:/data', './Caddyfile:/etc/caddy/Caddyfile:ro']\nvolumes:\n  data: {}\n";

    #[test]
    fn a_compose_file_is_pinned_and_tight() {
        let broken = |from: &str, to: &str| compose(&[&COMPOSE.replace(from, to)]).join("\n");
        assert_eq!(broken("", ""), "");
        assert!(broken("services:", "services: [").contains("not YAML"));
        assert!(broken("services:", "server:").contains("no services"));
        assert!(broken("2.10.2-alpine", "alpine").contains("exact version"));
        assert!(broken("    image: caddy:2.10.2-alpine\n", "").contains("exact version"));
        assert!(broken("read_only: true", "read_only: false").contains("can be written"));
        assert!(broken("[ALL]", "[NET_RAW]").contains("keeps capabilities"));
        assert!(broken("no-new-privileges:true", "label:disable").contains("gain privileges"));
        assert!(broken("  data: {}", "  other: {}").contains("declared nowhere"));
    }

    #[test]
    fn compose_files_are_looked_at_together() {
        let with = |service: &str| {
            let added = format!("services:\n  proxy: {{ {service} }}\nvolumes:\n  more: {{}}\n");
            compose(&[COMPOSE, &added]).join("\n")
        };
        assert_eq!(with("volumes: ['more:/more']"), "");
        assert!(with("volumes: ['less:/less']").contains("declared nowhere"));
        assert!(with("read_only: false").contains("can be written"));
        assert!(
            with("security_opt: ['no-new-privileges:true']")
                .contains("\"security_opt\") says something twice")
        );
    }
}
