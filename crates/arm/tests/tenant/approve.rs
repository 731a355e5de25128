//! What waits for an approver.

use pim::plane::{Plane, Submission};
use pim::request::Progress;

use crate::tenant::{ADELE, Tenant};
use crate::{draft, id, signed_in};

/// Alex Wilber, who decides on the roles that need approval.
const ALEX: (&str, &str) = ("alex@contoso.example", "a1e0000b-51c8-4d0e-8f2a-6b1e00000002");

#[tokio::test]
async fn a_request_waits_for_its_approver_with_all_they_need_to_decide() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, adele) = signed_in(&tenant, ADELE).await;
    let rows = plane.eligibilities(&adele).await?.rows;
    let contributor = |place: &str| {
        rows.iter().find(|row| row.names.title == "Contributor" && row.names.place == place).unwrap()
    };
    let own = id();
    let submission = plane.submit(&adele, &draft(contributor("Contoso Production")), &own).await?;
    let Submission::Accepted(request) = submission else { panic!("{submission:?}") };
    assert_eq!(request.status.progress(), Progress::WaitingForApproval);
    // Nobody has to decide on this one.
    plane.submit(&adele, &draft(contributor("Contoso Sandbox")), &id()).await?;

    let (plane, alex) = signed_in(&tenant, ALEX).await;
    let waiting = plane.approvals().unwrap().waiting(&alex).await?;
    let [waiting] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!((&waiting.request, &waiting.target), (&own, &request.target));
    assert_eq!(
        (waiting.names.title.as_str(), waiting.names.place.as_str()),
        ("Contributor", "Contoso Production")
    );
    assert_eq!(waiting.requester.id, Some(adele.principal));
    assert_eq!(waiting.requester.name.as_deref(), Some("Adele Vance"));
    assert_eq!(waiting.justification.as_deref(), Some("Incident 4711"));
    assert_eq!(waiting.duration, "PT1H".parse().ok());
    assert_eq!(waiting.ticket.as_ref().map(|ticket| ticket.system.as_str()), Some("Desk"));
    assert!(plane.approvals().unwrap().waiting(&adele).await?.is_empty());
    Ok(())
}
