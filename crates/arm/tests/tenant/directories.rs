//! The directories that an account is in.

use pim::error::ErrorKind;
use pim::plane::Plane;
use serde_json::json;
use sim_tenant::Options;
use sim_tenant::tenant::{demo, fabrikam, litware};

use crate::signed_in;
use crate::tenant::{ADELE, Tenant};

/// Three directories, told `rows` at a time.
async fn several(rows: usize) -> anyhow::Result<Tenant> {
    let mut tenant = demo();
    tenant.paging.azure = rows;
    Tenant::start_with(Options { tenant, directories: vec![fabrikam(), litware()], ..Options::ephemeral() })
        .await
}

#[tokio::test]
async fn all_pages_of_the_account_s_directories_are_read() -> anyhow::Result<()> {
    let tenant = several(2).await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let found = plane.directories().unwrap().directories(&caller).await?;
    let told: Vec<_> = found
        .iter()
        .map(|directory| (directory.id.to_string(), directory.name.as_deref(), directory.domains.join(" ")))
        .collect();
    let expected = [demo(), fabrikam(), litware()];
    let expected: Vec<_> = expected
        .iter()
        .map(|tenant| (tenant.id.clone(), Some(tenant.name.as_str()), tenant.domain.clone()))
        .collect();
    assert_eq!(told, expected);
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_told_and_the_next_list_is_whole() -> anyhow::Result<()> {
    let tenant = several(1).await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let directories = plane.directories().unwrap();
    let fault = json!({ "plane": "azure", "path_contains": "/tenants", "status": 403, "times": 1 });
    tenant.fault(fault).await?;
    let error = directories.directories(&caller).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Forbidden { .. }), "{error:?}");
    assert_eq!(directories.directories(&caller).await?.len(), 3);
    Ok(())
}
