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
    use proptest::prelude::*;

    use super::*;

    /// Any JSON without fractions, which no claim has and which do not survive every trip through text.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                object(inner).prop_map(Value::Object),
            ]
        })
    }

    /// An object with the names that mean something, and others.
    fn object(of: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
        let name = prop_oneof![
            prop::sample::select(vec!["access_token", "id_token", "acrs", "xms_cc", "nbf", "value"])
                .prop_map(str::to_owned),
            any::<String>(),
        ];
        prop::collection::vec((name, of), 0..5).prop_map(Map::from_iter)
    }

    /// Takes the capability out; an access token that is no object asks for nothing.
    fn without_capability(claims: &Map<String, Value>) -> Map<String, Value> {
        let mut claims = claims.clone();
        let token = claims.remove("access_token").unwrap_or_default();
        let mut token = token.as_object().cloned().unwrap_or_default();
        token.remove("xms_cc");
        claims.insert("access_token".to_owned(), token.into());
        claims
    }

    fn capability(claims: &Value) -> &Value {
        &claims["access_token"]["xms_cc"]
    }

    proptest! {
        #[test]
        fn nothing_of_a_challenge_is_lost_and_the_capability_is_kept(asked in object(any_json())) {
            let text = Value::Object(asked.clone()).to_string();
            prop_assume!(text.len() <= Claims::LONGEST);
            let sent = sent(&Demand::Claims(Claims::parse(&text).unwrap()));
            prop_assert_eq!(capability(&sent), &json!({ "values": ["cp1"] }));
            prop_assert_eq!(without_capability(sent.as_object().unwrap()), without_capability(&asked));
        }

        #[test]
        fn whatever_text_a_service_writes_what_is_sent_is_sound(
            text in prop_oneof![".*", r#"\{("(access_token|a)":([0-9eE.+-]{1,9}|"\PC*"|\{\}|\[\]),?){0,3}\}"#],
        ) {
            if let Some(claims) = Claims::parse(&text) {
                let sent = sent(&Demand::Claims(claims));
                prop_assert_eq!(capability(&sent), &json!({ "values": ["cp1"] }));
            }
        }

        #[test]
        fn whatever_a_context_is_called_it_is_what_is_asked_for(name in any::<String>()) {
            let sent = sent(&Challenge::context(Audience::Graph, name.as_str().into()).demand);
            prop_assert_eq!(&sent["access_token"]["acrs"]["value"], &json!(name));
            prop_assert_eq!(capability(&sent), &json!({ "values": ["cp1"] }));
        }
    }

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
