//! Lists where the tenant root is refused, and names.

use std::collections::HashSet;

use pim::listing::{Coverage, Listing};
use pim::plane::{Plane, Submission};
use serde_json::json;

use crate::tenant::{ADELE, Tenant};
use crate::{draft, eligible, id, signed_in};

#[tokio::test]
async fn where_the_root_is_refused_what_the_visible_scopes_hold_is_listed_and_said_to_be_a_part()
-> anyhow::Result<()> {
    for refused in ["forbidden", "unauthorized"] {
        for visible in ["readable", "eligible"] {
            let tenant = Tenant::start().await?;
            let (plane, caller) = signed_in(&tenant, ADELE).await;
            let whole = plane.eligibilities(&caller).await?.rows;
            let order = json!({ "azure_root_as_target": refused, "azure_subscriptions": visible });
            tenant.order("/switches", order).await?;
            // Another plane, which was told no names so far.
            let (plane, caller) = signed_in(&tenant, ADELE).await;
            let Listing { rows, coverage } = plane.eligibilities(&caller).await?;
            let Coverage::ScopeByScope { asked, unanswered: 0 } = coverage else { panic!("{coverage:?}") };
            assert!(asked > 1, "{refused} {visible}");
            assert!(
                !rows.is_empty() && rows.len() < whole.len(),
                "at a scope, what is below it is not listed"
            );
            for row in &rows {
                assert!(whole.contains(row), "{row:?} under another name or with other rights");
            }
            let distinct: HashSet<_> = rows.iter().map(|row| &row.id).collect();
            assert_eq!(distinct.len(), rows.len());
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_assignment_s_place_names_the_subscription_though_its_own_list_does_not() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let held = plane.assignments(&caller).await?.rows;
    let at =
        |title: &str| held.iter().find(|row| row.names.title == title).map(|row| row.names.place.as_str());
    assert_eq!(at("Log Analytics Reader"), Some("Contoso Production / rg-data-prod"));
    Ok(())
}

#[tokio::test]
async fn a_bare_schedule_is_completed_so_that_a_scope_below_can_be_activated() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let whole = eligible(&plane, &caller, "Reader").await;
    tenant.order("/switches", json!({ "azure_eligibility_ids": "bare" })).await?;
    let bare = eligible(&plane, &caller, "Reader").await;
    assert_eq!(bare.schedule, whole.schedule);
    let mut draft = draft(&bare);
    draft.target.scope = "/subscriptions/5b000001-93d4-4e6a-8a0c-1f0000000001".into();
    assert!(matches!(plane.submit(&caller, &draft, &id()).await?, Submission::Accepted(_)));
    Ok(())
}
