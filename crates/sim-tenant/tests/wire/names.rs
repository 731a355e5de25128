//! What things are called, where the token and the person may read it.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, ALEX, Sim, entra, group};

const MARA: &str = "mara_fabrikam.example#EXT#@contoso.example";
const GROUPS: &str = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances/filterByCurrentUser(on='principal')?$expand=group($select=id,displayName)";
const CONTEXTS: &str = "identity/conditionalAccess/authenticationContextClassReferences";
const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const OPERATORS: &str = "97000001-7e2d-4c19-a0b3-5d0000000001";

#[tokio::test]
async fn contexts_have_names_only_by_switch() -> Result<()> {
    let sim = Sim::start().await?;
    let (adele, alex) = (sim.sign_in(ADELE).await?, sim.sign_in(ALEX).await?);
    for token in [&adele.graph, &alex.graph] {
        assert_eq!(sim.get(token, &sim.graph_url(CONTEXTS)).await?.0, 403);
    }
    sim.control("/switches", json!({ "contexts_readable": true })).await?;
    let (rows, _) = sim.rows(&adele.graph, &sim.graph_url(CONTEXTS)).await?;
    assert_eq!(
        (&rows[0]["id"], &rows[0]["displayName"]),
        (&json!("c1"), &json!("Phishing-resistant sign-in"))
    );
    Ok(())
}

#[tokio::test]
async fn conditional_access_is_for_readers_and_names_its_contexts() -> Result<()> {
    let sim = Sim::start().await?;
    let (adele, alex) = (sim.sign_in(ADELE).await?, sim.sign_in(ALEX).await?);
    let url = sim.graph_url("identity/conditionalAccess/policies");
    assert_eq!(sim.get(&adele.graph, &url).await?.0, 403);
    let (rows, _) = sim.rows(&alex.graph, &url).await?;
    let contexts = |row: &Value| {
        row["conditions"]["applications"]["includeAuthenticationContextClassReferences"].clone()
    };
    assert!(rows.iter().any(|row| contexts(row) == json!(["c1"])), "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn group_names_come_from_expand_or_from_nowhere() -> Result<()> {
    let sim = Sim::start().await?;
    let adele = sim.sign_in(ADELE).await?;
    let named = |rows: &[Value]| rows.iter().filter(|r| r["group"]["displayName"].is_string()).count();
    let (rows, _) = sim.rows(&adele.graph, &sim.graph_url(GROUPS)).await?;
    assert!(named(&rows) > 0 && named(&rows) < rows.len(), "some come without a name");
    sim.control("/switches", json!({ "group_names_null": true })).await?;
    let (rows, _) = sim.rows(&adele.graph, &sim.graph_url(GROUPS)).await?;
    assert_eq!(named(&rows), 0);
    assert!(rows.iter().all(|r| r["group"]["id"].is_string()));
    let ids = json!({ "ids": [OPERATORS], "types": ["group"] });
    let (status, _) =
        sim.call("POST", &adele.graph, &sim.graph_url("directoryObjects/getByIds"), Some(&ids)).await?;
    assert_eq!(status, 403);
    assert_eq!(sim.get(&adele.graph, &sim.graph_url(&format!("groups/{OPERATORS}"))).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn member_of_follows_activations_and_names_what_the_token_reads() -> Result<()> {
    let sim = Sim::start().await?;
    let adele = sim.sign_in(ADELE).await?;
    let url = sim.graph_url("me/memberOf");
    let (before, _) = sim.rows(&adele.graph, &url).await?;
    assert!(!before.iter().any(|r| r["id"] == OPERATORS));
    assert_eq!(sim.group_post(&adele.graph, &group(ADELE_ID, OPERATORS, "member", "PT1H")).await?.0, 201);
    assert_eq!(sim.entra_post(&adele.graph, &entra(ADELE_ID, READER, "/", "PT1H")).await?.0, 201);
    let (after, _) = sim.rows(&adele.graph, &url).await?;
    assert_eq!(after.len(), before.len() + 2);
    let group = after.iter().find(|r| r["id"] == OPERATORS).context("the group")?;
    assert_eq!(
        (&group["@odata.type"], &group["displayName"]),
        (&json!("#microsoft.graph.group"), &Value::Null)
    );
    let role = after.iter().find(|r| r["roleTemplateId"] == READER).context("the role")?;
    assert_eq!(role["displayName"], "Global Reader");
    sim.control("/switches", json!({ "member_of_names": true })).await?;
    let (named, _) = sim.rows(&adele.graph, &url).await?;
    assert!(named.iter().all(|r| r["displayName"].is_string()), "{named:?}");
    Ok(())
}

#[tokio::test]
async fn a_guest_reads_administrative_units_with_a_directory_role_only() -> Result<()> {
    let sim = Sim::start().await?;
    let mara = sim.sign_in(MARA).await?;
    let unit = sim.graph_url("directory/administrativeUnits/ad000001-2c4e-4f60-9b1d-7a5500000001");
    assert_eq!(sim.get(&mara.graph, &unit).await?.0, 403);
    let list = sim.graph_url(
        "roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')",
    );
    let (rows, _) = sim.rows(&mara.graph, &list).await?;
    let (role, scope) = (&rows[0]["roleDefinitionId"], &rows[0]["directoryScopeId"]);
    let (me, role, scope) = (&rows[0]["principalId"], role.as_str(), scope.as_str());
    let body = entra(me.as_str().context("id")?, role.context("role")?, scope.context("scope")?, "PT30M");
    let (status, answer) = sim.entra_post(&mara.graph, &body).await?;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(sim.get(&mara.graph, &unit).await?.1["displayName"], "Seattle Branch");
    Ok(())
}
