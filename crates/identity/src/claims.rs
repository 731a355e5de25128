//! The `claims` parameter: what a stronger sign-in has to bring, always together with the portal's own capability.
//!
//! It goes to the authorize address and to the token endpoint alike. Nothing of it is ever logged.
//! <https://learn.microsoft.com/entra/identity-platform/claims-challenge>

use pim::challenge::{Claims, Demand};
use serde_json::{Map, Value, json};

/// Tells resources that this client can handle claims challenges (`cp1`), so that revocation takes effect at once.
pub(crate) const CAPABILITY: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;

/// What is sent for `demand`.
pub(crate) fn of(demand: &Demand) -> String {
    match demand {
        // No claim asks for multifactor authentication alone: the prompt does.
        Demand::Mfa => CAPABILITY.to_owned(),
        Demand::Contexts(contexts) => {
            let ids: Vec<&str> = contexts.iter().map(pim::ids::ContextId::as_str).collect();
            let acrs = match ids.as_slice() {
                [one] => json!({ "essential": true, "value": one }),
                several => json!({ "essential": true, "values": several }),
            };
            with_capability(Map::from_iter([("access_token".to_owned(), json!({ "acrs": acrs }))]))
        }
        Demand::Claims(claims) => merged(claims),
    }
}

/// What a service asked for, untouched, together with the capability.
pub(crate) fn merged(claims: &Claims) -> String {
    with_capability(serde_json::from_str(claims.as_str()).unwrap_or_default())
}

fn with_capability(mut claims: Map<String, Value>) -> String {
    let token = claims.entry("access_token").or_insert_with(|| json!({}));
    if !token.is_object() {
        *token = json!({});
    }
    if let Some(token) = token.as_object_mut() {
        token.insert("xms_cc".to_owned(), json!({ "values": ["cp1"] }));
    }
    Value::Object(claims).to_string()
}

#[cfg(test)]
mod tests {
    use pim::challenge::Challenge;
    use pim::tokens::Audience;

    use super::*;

    fn sent(demand: &Demand) -> Value {
        serde_json::from_str(&of(demand)).unwrap()
    }

    #[test]
    fn the_capability_is_in_all_of_them_and_nothing_else_is_touched() {
        let cp1 = json!({ "values": ["cp1"] });
        let c1 = Challenge::context(Audience::Graph, "c1".into()).demand;
        assert_eq!(
            sent(&c1),
            json!({ "access_token": { "xms_cc": cp1, "acrs": { "essential": true, "value": "c1" } } })
        );
        assert_eq!(sent(&Demand::Mfa), json!({ "access_token": { "xms_cc": cp1 } }));
        let asked = Claims::parse(
            r#"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["x"]}},"id_token":{"a":null}}"#,
        );
        assert_eq!(
            sent(&Demand::Claims(asked.unwrap())),
            json!({ "access_token": { "nbf": { "essential": true, "value": "1" }, "xms_cc": cp1 }, "id_token": { "a": null } })
        );
        for odd in ["{}", r#"{"access_token":null}"#, r#"{"access_token":[1]}"#] {
            let demand = Demand::Claims(Claims::parse(odd).unwrap());
            assert_eq!(sent(&demand), json!({ "access_token": { "xms_cc": cp1 } }), "{odd}");
        }
    }
}
