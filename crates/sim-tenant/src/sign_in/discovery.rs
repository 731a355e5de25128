//! OpenID discovery and the key set.
//! See <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>.

use serde_json::json;

use crate::sim::Sim;
use crate::state::World;
use crate::wire::Reply;

/// The issuer of this tenant's tokens.
pub(crate) fn issuer(sim: &Sim, world: &World) -> String {
    format!("{}/{}/v2.0", sim.places.sign_in, world.tenant.id)
}

/// `/.well-known/openid-configuration`; for `organizations` and `common` the issuer is a template.
pub(crate) fn configuration(sim: &Sim, world: &World, tenant: &str) -> Reply {
    let base = &sim.places.sign_in;
    let many = ["organizations", "common"].contains(&tenant.to_ascii_lowercase().as_str());
    let at = if many { tenant } else { &world.tenant.id };
    let issuer = if many { format!("{base}/{{tenantid}}/v2.0") } else { issuer(sim, world) };
    let graph_host = sim.places.graph.split("://").nth(1).unwrap_or_default();
    Reply::json(
        200,
        json!({
            "token_endpoint": format!("{base}/{at}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/{at}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": format!("{}/oidc/userinfo", sim.places.graph),
            "authorization_endpoint": format!("{base}/{at}/oauth2/v2.0/authorize"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{at}/oauth2/v2.0/logout"),
            "claims_supported": ["sub", "iss", "cloud_instance_name", "aud", "exp", "iat", "auth_time", "acr", "nonce",
                "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"],
            "tenant_region_scope": "EU",
            "msgraph_host": graph_host,
        }),
    )
    .with("access-control-allow-origin", "*")
}

/// The JSON Web Key Set.
pub(crate) fn keys(sim: &Sim, world: &World) -> Reply {
    Reply::json(200, sim.key.key_set(&issuer(sim, world))).with("access-control-allow-origin", "*")
}
