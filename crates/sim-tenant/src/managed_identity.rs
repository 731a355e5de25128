//! The managed-identity endpoints of a machine in Azure, and assertions of any other issuer: on the control port, since no tenant has
//! them.
//!
//! | route | whose |
//! |---|---|
//! | `GET /msi/token` | App Service and Container Apps, guarded by `X-IDENTITY-HEADER: `[`HEADER`] |
//! | `GET /metadata/identity/oauth2/token` | the instance metadata service, guarded by `Metadata: true` |
//! | `POST /assertion` | `{"issuer","subject","audience","lasts":"PT1H","signature":"good"\|"bad"}`: signed with the tenant's key |
//!
//! See <https://learn.microsoft.com/azure/container-apps/managed-identity> and
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::random;
use crate::sim::Sim;
use crate::tokens::Signature;
use crate::wire::{Call, Reply, duration};

/// The value of `IDENTITY_HEADER`.
pub const HEADER: &str = "simulated-identity-header";
/// How long a token lasts: a day, as Azure's do.
const LASTS: SignedDuration = SignedDuration::from_hours(24);

fn refused(text: &str) -> Reply {
    Reply::json(400, json!({ "error": "invalid_request", "error_description": text }))
}

/// Answers a call to either endpoint.
pub(crate) fn token(sim: &Sim, call: &Call, is_machine: bool) -> Reply {
    let world = sim.world();
    let guarded = if is_machine {
        call.header("metadata") == Some("true") && call.param("api-version") == Some("2018-02-01")
    } else {
        call.header("x-identity-header") == Some(HEADER) && call.param("api-version") == Some("2019-08-01")
    };
    if !guarded {
        return refused("The required header or api-version is missing or wrong.");
    }
    let Some(resource) = call.param("resource") else { return refused("The parameter resource is missing.") };
    let identity = world.tenant.managed_identity.as_ref();
    let Some(identity) = identity.filter(|one| call.param("client_id") == Some(one.client_id.as_str()))
    else {
        return refused("Identity not found.");
    };
    let now = sim.sign_in_now();
    let expires = now.saturating_add(LASTS).unwrap_or(now).as_second();
    let claims = json!({
        "aud": resource, "iss": format!("{}/{}/v2.0", sim.places.sign_in, world.tenant.id),
        "iat": now.as_second(), "nbf": now.as_second(), "exp": expires,
        "sub": identity.principal_id, "oid": identity.principal_id, "tid": world.tenant.id, "uti": random::opaque(1),
    });
    let token = sim.key.sign(&claims, Signature::Good);
    let mut body = json!({
        "access_token": token, "expires_on": expires.to_string(), "resource": resource, "token_type": "Bearer",
        "client_id": identity.client_id,
    });
    if is_machine {
        body["expires_in"] = json!(LASTS.as_secs().to_string());
        body["refresh_token"] = json!("");
    }
    Reply::json(200, body)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    issuer: String,
    subject: String,
    audience: String,
    /// How long from now, ISO 8601; an hour when left out. `-PT1H` has it run out an hour ago.
    #[serde(default)]
    lasts: Option<String>,
    #[serde(default)]
    signature: Option<String>,
}

/// An assertion of whatever issuer.
pub(crate) fn assertion(sim: &Sim, call: &Call) -> Result<Reply, String> {
    let order: Order = serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
    let lasts = order.lasts.as_deref().unwrap_or("PT1H");
    let length = duration::parse(lasts).ok_or("`lasts` is not an ISO 8601 duration")?.as_secs();
    let signature = match order.signature.as_deref() {
        None | Some("good") => Signature::Good,
        Some("bad") => Signature::Bad,
        Some(_) => return Err("`signature` is good or bad".to_owned()),
    };
    let now = sim.sign_in_now().as_second();
    let claims: Value = json!({
        "iss": order.issuer, "sub": order.subject, "aud": order.audience,
        "iat": now.min(now + length), "nbf": now.min(now + length), "exp": now + length, "jti": random::guid(),
    });
    Ok(Reply::json(200, json!({ "assertion": sim.key.sign(&claims, signature) })))
}
