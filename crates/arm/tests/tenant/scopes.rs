//! Activations that are narrowed to a scope below.

use pim::draft::Draft;
use pim::error::ErrorKind;
use pim::ids::ScopeId;
use pim::plane::{Plane, Submission};
use pim::policy::PolicyReading;
use pim::target::Target;

use crate::tenant::{ADELE, Tenant};
use crate::{draft, eligible, id, signed_in};

#[tokio::test]
async fn all_that_lies_below_is_listed_with_what_lies_between() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let above = eligible(&plane, &caller, "Reader").await.target.scope;
    let scopes = plane.child_scopes().unwrap();
    assert!(scopes.has_children(&above));
    let below = scopes.children(&caller, &above).await?.rows;
    assert!(below.len() > 6, "more than one page of six");
    let group = below.iter().find(|scope| scope.name == "rg-webshop-prod").unwrap();
    assert_eq!(
        (group.kind.as_str(), group.path.as_slice()),
        ("Resource group", &["Contoso Production".to_owned()][..])
    );
    let subscription = below.iter().find(|scope| scope.name == "Contoso Production").unwrap();
    assert_eq!((subscription.kind.as_str(), subscription.path.as_slice()), ("Subscription", &[][..]));
    assert!(below.iter().any(|scope| scope.kind == "Management group"));

    let within = scopes.children(&caller, &subscription.scope).await?.rows;
    let groups: Vec<_> = within.iter().map(|scope| scope.kind.as_str()).collect();
    assert!(!groups.is_empty() && groups.iter().all(|kind| *kind == "Resource group"), "{groups:?}");
    Ok(())
}

#[tokio::test]
async fn a_role_is_activated_at_a_scope_below_with_the_eligibility_s_full_path() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let row = eligible(&plane, &caller, "Reader").await;
    let scope = ScopeId::from("/subscriptions/5b000001-93d4-4e6a-8a0c-1f0000000001");
    let target = Target { scope, ..row.target.clone() };
    assert!(
        row.schedule
            .as_ref()
            .is_some_and(|schedule| schedule.as_str().starts_with(row.target.scope.as_str()))
    );
    let narrowed = Draft { target: target.clone(), ..draft(&row) };
    let Submission::Accepted(request) = plane.submit(&caller, &narrowed, &id()).await? else {
        panic!("not accepted")
    };
    assert_eq!(request.target, target);
    let names = request.names.unwrap();
    assert_eq!((names.title.as_str(), names.place.as_str()), ("Reader", "Contoso Production"));
    let held = plane.assignments(&caller).await?.rows;
    let active = held.iter().find(|held| held.target.same_as(&target) && held.is_active_role()).unwrap();
    assert_eq!(active.eligibility_schedule, row.schedule);

    // A policy belongs to a scope, also where the eligibility comes from above.
    let read = plane.policies(&caller, &[target.clone(), row.target.clone()]).await;
    assert!(matches!(read[&row.target], PolicyReading::Known(_)));
    assert!(read.contains_key(&target));
    Ok(())
}

#[tokio::test]
async fn a_resource_group_that_cannot_be_read_yet_is_refused_as_forbidden() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let row = eligible(&plane, &caller, "Network Contributor").await;
    let scope = ScopeId::from("/subscriptions/5b000003-93d4-4e6a-8a0c-1f0000000003/resourceGroups/rg-hub");
    let narrowed = Draft { target: Target { scope, ..row.target.clone() }, ..draft(&row) };
    let error = plane.submit(&caller, &narrowed, &id()).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Forbidden { .. }), "{error:?}");
    assert_eq!(error.code.as_deref(), Some("AuthorizationFailed"));
    Ok(())
}
