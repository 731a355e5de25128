//! The ability to tell which directories the caller's account is in.
//!
//! The call is about the account, not about the directory that the token is of.
//! <https://learn.microsoft.com/rest/api/resources/tenants/list>

use async_trait::async_trait;
use pim::directory::{Directories, Directory};
use pim::error::PlaneError;
use pim::plane::Caller;
use transport::Route;

use crate::AzureResources;
use crate::wire::tenants::TenantRow;

const TENANTS: &str = "/tenants?api-version=2022-12-01";

#[async_trait]
impl Directories for AzureResources {
    async fn directories(&self, caller: &Caller) -> Result<Vec<Directory>, PlaneError> {
        let rows: Vec<TenantRow> = self.line(caller).await?.pages(&Route::fixed(TENANTS)).await?;
        Ok(TenantRow::directories(&rows))
    }
}
