//! Probes ask the address that is meant for them: whether to start the portal again is a question to the process, whether to send
//! people there is one to its store as well.

/// What is wrong with the probes of a text in which `name` begins a probe called `Liveness`, `Startup` or `Readiness`.
#[must_use]
pub fn problems(text: &str, name: impl Fn(&str) -> String) -> Vec<String> {
    let wanted = [("Liveness", "/healthz"), ("Startup", "/healthz"), ("Readiness", "/readyz")];
    let wrong = wanted.into_iter().filter_map(|(probe, path)| match asked(text, &name(probe)) {
        Some(asked) if asked == path => None,
        Some(asked) => Some(format!("the {probe} probe asks {asked} and not {path}")),
        None => Some(format!("there is no {probe} probe")),
    });
    wrong.collect()
}

/// What the probe that begins with `start` asks: named in place, or by a variable of Bicep's.
fn asked<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let (_, get) = rest.split_once("httpGet:")?;
    let variable = get.lines().next().unwrap_or_default().trim();
    let place = if variable.is_empty() { get } else { text.split_once(&format!("var {variable} = "))?.1 };
    let (_, path) = place.split_once("path:")?;
    Some(path.lines().next()?.trim().trim_matches('\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELM: &str = "startupProbe:\n  httpGet:\n    path: /healthz\nlivenessProbe:\n  httpGet:\n    path: /healthz\n\
        readinessProbe:\n  httpGet:\n    path: /readyz\n";
    const BICEP: &str = "var alive = {\n  path: '/healthz'\n}\nvar ready = {\n  path: '/readyz'\n}\n\
        type: 'Startup'\nhttpGet: alive\ntype: 'Liveness'\nhttpGet: alive\ntype: 'Readiness'\nhttpGet: ready\n";

    #[test]
    fn each_probe_asks_what_is_meant_for_it() {
        let helm = |text: &str| problems(text, |name| format!("{}Probe:", name.to_lowercase())).join("\n");
        assert_eq!(helm(HELM), "");
        assert!(helm(&HELM.replace("/readyz", "/healthz")).contains("Readiness probe asks /healthz"));
        assert!(helm(&HELM.replace("livenessProbe", "other")).contains("no Liveness probe"));
        let bicep = |text: &str| problems(text, |name| format!("type: '{name}'")).join("\n");
        assert_eq!(bicep(BICEP), "");
        assert!(
            bicep(&BICEP.replace("httpGet: ready", "httpGet: alive"))
                .contains("Readiness probe asks /healthz")
        );
        assert!(bicep(&BICEP.replace("'/healthz'", "'/readyz'")).contains("Liveness probe asks /readyz"));
    }
}
