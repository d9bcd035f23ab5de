//! Rules and their deployments.

use serde::Serialize;

use super::Client;
use super::call::Call;
use super::error::ClientError;
use super::pages::gather;
use crate::wire::id::ProjectId;
use crate::wire::page::{Page, PageQuery};
use crate::wire::paths;
use crate::wire::rules::{DeployedRules, Deployment, NewDeployment, PutRules, Rule};

impl Client {
    /// A page of the draft, in the order it was put.
    pub async fn rules(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Rule>, ClientError> {
        self.call(Call::get(paths::project_rules(project)).query(query)).await?.json()
    }

    /// The whole draft as CSV.
    pub async fn rules_csv(&self, project: ProjectId) -> Result<String, ClientError> {
        let answer = self.call(Call::get(paths::project_rules(project)).accept("text/csv")).await?;
        if !answer.is("text/csv") {
            return Err(answer.not_keydeck());
        }
        String::from_utf8(answer.body.to_vec()).map_err(|_| answer.not_keydeck())
    }

    /// Replaces the draft whole; answers its first page. With `strict` warnings refuse it.
    pub async fn put_rules(
        &self,
        project: ProjectId,
        rules: &[Rule],
        strict: bool,
    ) -> Result<PutRules, ClientError> {
        self.call(Call::put(paths::project_rules(project)).query(&Strict::of(strict)).json(&rules))
            .await?
            .json()
    }

    /// Replaces the draft by a CSV file, which the server reads and checks; answers its first page.
    pub async fn put_rules_csv(&self, project: ProjectId, csv: Vec<u8>) -> Result<PutRules, ClientError> {
        self.call(Call::put(paths::project_rules(project)).body("text/csv", csv)).await?.json()
    }

    /// Publishes the draft as the next version. When this answers, every node serves it. With `strict` warnings
    /// refuse it.
    pub async fn deploy(&self, project: ProjectId, strict: bool) -> Result<NewDeployment, ClientError> {
        self.call(Call::post(paths::project_deployments(project)).query(&Strict::of(strict))).await?.json()
    }

    /// One deployment, with its rules.
    pub async fn deployment(&self, project: ProjectId, version: u32) -> Result<DeployedRules, ClientError> {
        self.call(Call::get(paths::project_deployment(project, version))).await?.json()
    }

    /// A page of deployments, newest first.
    pub async fn deployments(
        &self,
        project: ProjectId,
        query: &PageQuery,
    ) -> Result<Page<Deployment>, ClientError> {
        self.call(Call::get(paths::project_deployments(project)).query(query)).await?.json()
    }

    /// All deployments, newest first, page by page, at most `limit`.
    pub async fn deployments_all(
        &self,
        project: ProjectId,
        limit: Option<usize>,
    ) -> Result<Vec<Deployment>, ClientError> {
        gather(self.watch.as_ref(), limit, |page| async move { self.deployments(project, &page).await })
            .await
            .map(|page| page.items)
    }
}

/// Sent only when it is true: older servers do not know it.
#[derive(Serialize)]
struct Strict {
    strict: Option<bool>,
}

impl Strict {
    fn of(strict: bool) -> Strict {
        Strict { strict: strict.then_some(true) }
    }
}
