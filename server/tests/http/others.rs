//! Another person's session can do nothing with mine.

use serde_json::Value;

use crate::support::{ADELE, ALEX, ALEX_ID, World};

const READER: &str = "Global Reader, Directory";

#[tokio::test]
async fn a_selection_is_its_owners() {
    let world = World::start().await;
    let (adele, alex) = (world.signed_in(ADELE).await, world.signed_in(ALEX).await);
    let plan = adele.select(&[READER]).await;
    adele
        .submit(
            "/do/activate",
            &[("selection", &plan.field("selection")), ("step", "again"), ("justification", "Mine")],
        )
        .await;

    assert_eq!(alex.get(&plan.path).await.status, 404);
    let (selection, row) = (plan.field("selection"), adele.get("/").await.tick(READER));
    for step in ["confirm", "again", &format!("remove:{row}")] {
        let fields = [("selection", selection.as_str()), ("step", step), ("justification", "Alex was here")];
        let answer = alex.submit("/do/activate", &fields).await;
        assert_eq!(answer.path, "/?notice=gone", "{step}");
        assert!(answer.text().contains("belongs to somebody else. Nothing was sent."), "{}", answer.text());
    }
    assert_eq!(world.sim.writes().await, Vec::<Value>::new());
    let kept = adele.get(&plan.path).await;
    assert_eq!(
        (kept.heading().as_str(), kept.reason().as_str()),
        ("Activate 1 role", "Mine"),
        "it is as it was"
    );
}

#[tokio::test]
async fn a_result_is_its_owners() {
    let world = World::start().await;
    let (adele, alex) = (world.signed_in(ADELE).await, world.signed_in(ALEX).await);
    let result = adele.activate(&["Conditional Access Administrator, Directory", READER], "Mine").await;
    let batch = result.field("batch");
    let page = alex.get(&result.path).await;
    assert_eq!(page.status, 404);
    assert!(!page.text().contains("Global Reader"), "{}", page.text());
    assert_eq!(alex.get(&format!("/events/requests/{batch}")).await.status, 404);
    assert_eq!(alex.post("/do/retry", &[("batch", &batch)]).await.location(), "/?notice=gone");
    assert_eq!(world.sim.ledger().await.len(), 1, "what Adele did, and nothing else");
    assert_eq!(adele.get(&result.path).await.lines().len(), 2);
}

#[tokio::test]
async fn a_role_is_its_owners() {
    let world = World::start().await;
    let (adele, alex) = (world.signed_in(ADELE).await, world.signed_in(ALEX).await);
    let eligible = adele.get("/").await.tick(READER);
    adele.activate(&[READER], "Mine").await;
    world.wait_everywhere(6).await;
    let active = adele.get("/").await.tick(READER);

    let forged = alex.submit("/do/select", &[("rows[]", &eligible)]).await;
    assert!(!forged.text().contains("Global Reader"), "{}", forged.text());
    alex.confirm(&forged, &[("justification", "Mine now")]).await;
    assert_eq!(
        alex.post("/do/deactivate", &[("rows[]", &active)]).await.location(),
        "/?notice=nothing-chosen"
    );
    assert_eq!(world.sim.only_commit().await["justification"], "Mine");
    let calls = world.sim.calls().await;
    assert!(calls.iter().any(|call| call["caller"].to_string().contains(ALEX) || call["caller"] == ALEX_ID));
}

#[tokio::test]
async fn what_was_read_for_one_is_not_shown_to_another() {
    let world = World::start().await;
    let (adele, alex) = (world.signed_in(ADELE).await, world.signed_in(ALEX).await);
    assert_eq!(adele.get("/").await.eligible().len(), 35);
    let theirs: Vec<_> = alex.get("/").await.eligible().into_iter().map(|row| row.title).collect();
    assert_eq!(theirs, ["Security Reader", "Incident Responders"]);
}
