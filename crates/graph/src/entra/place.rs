//! Where an Entra role holds, in words: the whole directory, an administrative unit, or one object.
//! <https://learn.microsoft.com/entra/identity/role-based-access-control/custom-overview#scope>

use crate::wire::Named;

/// What a row tells about its scope.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// Complete.
    Words(String),
    /// An administrative unit by this id, whose name has to be asked for.
    UnnamedUnit(&'a str),
}

const UNITS: &str = "/administrativeUnits/";

/// `directory_scope` is `/`, `/administrativeUnits/{id}` or `/{object id}`; `expanded` is what `$expand=directoryScope` brought,
/// if anything: nothing for `/`, and nothing or no name for what the person may not read.
pub(super) fn of<'a>(
    directory_scope: Option<&'a str>,
    app_scope: Option<&str>,
    expanded: Option<&Named>,
) -> Place<'a> {
    let name = expanded.and_then(Named::name);
    let Some(scope) = directory_scope.filter(|scope| !scope.is_empty()) else {
        return Place::Words(format!("App scope: {}", app_scope.unwrap_or_default()));
    };
    if scope == "/" {
        return Place::Words("Directory".to_owned());
    }
    if let Some(id) = scope
        .get(..UNITS.len())
        .filter(|start| start.eq_ignore_ascii_case(UNITS))
        .map(|_| &scope[UNITS.len()..])
    {
        return name.map_or(Place::UnnamedUnit(id), |name| Place::Words(unit(name)));
    }
    let id = scope.trim_start_matches('/');
    let kind = expanded.and_then(|object| object.odata_type.as_deref()).map_or("Object", kind);
    Place::Words(format!("{kind}: {}", name.unwrap_or(id)))
}

/// An administrative unit by its name, or its id.
pub(super) fn unit(name: &str) -> String {
    format!("Administrative unit: {name}")
}

fn kind(odata_type: &str) -> &'static str {
    match odata_type.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "application" => "Application",
        "serviceprincipal" => "Enterprise application",
        "group" => "Group",
        "user" => "User",
        "device" => "Device",
        "administrativeunit" => "Administrative unit",
        _ => "Object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(odata_type: &str, display_name: Option<&str>) -> Named {
        Named {
            odata_type: Some(format!("#microsoft.graph.{odata_type}")),
            display_name: display_name.map(str::to_owned),
            template_id: None,
            user_principal_name: None,
        }
    }

    #[test]
    fn names_each_kind_of_scope() {
        let words = |scope, expanded: Option<&Named>| match of(Some(scope), None, expanded) {
            Place::Words(words) => words,
            Place::UnnamedUnit(id) => format!("? {id}"),
        };
        let unit = named("administrativeUnit", Some("Branch offices"));
        assert_eq!(words("/", None), "Directory");
        assert_eq!(words("/administrativeUnits/1", Some(&unit)), "Administrative unit: Branch offices");
        assert_eq!(words("/administrativeunits/1", None), "? 1");
        assert_eq!(words("/administrativeUnits/1", Some(&named("administrativeUnit", Some(" ")))), "? 1");
        assert_eq!(words("/2", Some(&named("application", Some("Payroll")))), "Application: Payroll");
        assert_eq!(
            words("/2", Some(&named("servicePrincipal", Some("Payroll")))),
            "Enterprise application: Payroll"
        );
        assert_eq!(words("/2", Some(&named("application", None))), "Application: 2");
        assert_eq!(words("/2", None), "Object: 2");
        assert_eq!(of(None, Some("x"), None), Place::Words("App scope: x".into()));
    }
}
