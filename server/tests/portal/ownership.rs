//! What is mine is nobody else's, and no other site can act for me.

use axum::http::StatusCode;

use crate::world::World;

const READER: &str = "Global Reader, Directory";

#[tokio::test]
async fn another_persons_session_can_do_nothing_with_mine() {
    let world = World::start().await;
    let adele = world.signed_in("adele@contoso.example").await;
    let alex = world.signed_in("alex@contoso.example").await;
    let (selection, _) = adele.select(&[READER]).await;

    assert_eq!(alex.get(&format!("/activate/{selection}")).await.status, StatusCode::NOT_FOUND);
    let (place, _) = alex.confirm(&selection, &[("justification", "mine now")]).await;
    assert_eq!(place, "/?notice=gone");
    let remove = [("selection", selection.as_str()), ("step", "remove:entra:x")];
    assert_eq!(alex.submit("/do/activate", &remove).await.0, "/?notice=gone");
    assert!(world.ledger().await.is_empty(), "something was committed");

    let (batch, page) = adele.confirm(&selection, &[]).await;
    page.says("Usable now");
    assert_eq!(alex.get(&batch).await.status, StatusCode::NOT_FOUND);
    let id = batch.strip_prefix("/requests/").unwrap();
    assert_eq!(alex.submit("/do/retry", &[("batch", id)]).await.0, "/?notice=gone");
    let events = alex.get(&format!("/events/requests/{id}")).await;
    assert_eq!(events.status, StatusCode::NOT_FOUND, "{}", events.body);

    let active = adele.open("/").await.tick(&format!("Choose {READER} to deactivate"));
    assert_eq!(alex.submit("/do/deactivate", &[("rows[]", &active)]).await.0, "/?notice=nothing-chosen");
    assert_eq!(world.ledger().await.len(), 1, "{:?}", world.ledger().await);
}

#[tokio::test]
async fn another_site_can_send_nothing() {
    let world = World::start().await;
    let adele = world.signed_in("adele@contoso.example").await;
    let (selection, _) = adele.select(&[READER]).await;
    let confirm = [("selection", selection.as_str()), ("step", "confirm")];
    for (path, fields) in [
        ("/do/activate", confirm.as_slice()),
        ("/do/select", &[("rows[]", "entra:x")]),
        ("/do/deactivate", &[("rows[]", "entra:x")]),
        ("/do/retry", &[("batch", "x")]),
        ("/do/refresh", &[]),
        ("/auth/sign-out", &[]),
    ] {
        assert_eq!(adele.post(path, fields, "cross-site").await.status, StatusCode::FORBIDDEN, "{path}");
        let by_link = adele.get(path).await.status;
        assert!(
            matches!(by_link, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED),
            "GET {path}: {by_link}"
        );
    }
    assert!(world.ledger().await.is_empty());
    assert_eq!(adele.get("/").await.status, StatusCode::OK, "the session was ended");
}

#[tokio::test]
async fn nobody_gets_anywhere_without_signing_in() {
    let world = World::start().await;
    let stranger = world.browser();
    assert_eq!(stranger.get("/").await.location(), "/sign-in");
    assert_eq!(
        stranger.get("/deactivate?role=x").await.location(),
        "/sign-in?return_to=%2Fdeactivate%3Frole%3Dx"
    );
    assert_eq!(stranger.get("/events/overview?part=eligible-entra").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        stranger.post("/do/select", &[("rows[]", "entra:x")], "same-origin").await.location(),
        "/sign-in"
    );
    assert_eq!(stranger.get("/healthz").await.body, "ok");
}
