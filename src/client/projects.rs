//! Projects.

use super::Client;
use super::call::Call;
use super::error::ClientError;
use super::keys::Fresh;
use super::pages::gather;
use crate::wire::id::ProjectId;
use crate::wire::keys::Receipt;
use crate::wire::page::Page;
use crate::wire::paths;
use crate::wire::projects::{Project, ProjectName, ProjectQuery, ProjectSort};

impl Client {
    /// A page of projects, by name or in the order asked for.
    pub async fn projects(&self, query: &ProjectQuery) -> Result<Page<Project>, ClientError> {
        self.call(Call::get(paths::PROJECTS).query(query)).await?.json()
    }

    /// The same, unless it is still what had this tag.
    pub async fn projects_unless(
        &self,
        query: &ProjectQuery,
        etag: Option<&str>,
    ) -> Result<Fresh<Page<Project>>, ClientError> {
        self.fresh(Call::get(paths::PROJECTS).query(query), etag).await
    }

    /// All projects by name, page by page, at most `limit`.
    pub async fn projects_all(&self, limit: Option<usize>) -> Result<Vec<Project>, ClientError> {
        self.projects_sorted(None, limit).await
    }

    /// The same in an order.
    pub async fn projects_sorted(
        &self,
        sort: Option<ProjectSort>,
        limit: Option<usize>,
    ) -> Result<Vec<Project>, ClientError> {
        let fetch = |page| async move { self.projects(&ProjectQuery::of(page, sort)).await };
        gather(self.watch.as_ref(), limit, fetch).await.map(|page| page.items)
    }

    /// One project.
    pub async fn project(&self, id: ProjectId) -> Result<Project, ClientError> {
        self.call(Call::get(paths::project(id))).await?.json()
    }

    /// Makes a project.
    pub async fn create_project(&self, name: &str) -> Result<Project, ClientError> {
        let body = ProjectName { name: name.to_owned() };
        self.call(Call::post(paths::PROJECTS).json(&body)).await?.json()
    }

    /// Deletes a project: it is archived, its keys stay listed. With active keys it is refused, or they are
    /// revoked with it; when this answers, no node accepts any of them. Older servers send no receipt.
    pub async fn delete_project(
        &self,
        id: ProjectId,
        revoke_keys: bool,
    ) -> Result<Option<Receipt>, ClientError> {
        let mut call = Call::delete(paths::project(id));
        if revoke_keys {
            call = call.query(&serde_json::json!({ "revokeKeys": true }));
        }
        Ok(self.call(call).await?.receipt)
    }

    /// Gives a project another name.
    pub async fn rename_project(&self, id: ProjectId, name: &str) -> Result<Project, ClientError> {
        let body = ProjectName { name: name.to_owned() };
        self.call(Call::patch(paths::project(id)).json(&body)).await?.json()
    }
}
