//! Evidence packs.

use std::io::SeekFrom;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::Semaphore;

use super::App;
use super::auth::Principal;
use super::body::Json as Body_;
use super::problem::Failure;
use super::{report, write};
use crate::secret;
use crate::wire::paths;
use crate::wire::reports::{MEDIA, NewReport};

/// How many reports are created at once. Others wait: each needs room on the disk.
static ROOM: Semaphore = Semaphore::const_new(2);
/// How much of a pack is sent at once.
const PART: usize = 64 * 1024;

/// Create an evidence pack
///
/// A `.tar.gz` with a report for people (`report.html`, `report.md`), `keys.csv` with every key that was ever created,
/// `decisions.csv`, `receipts.csv`, `events.jsonl` with the whole audit log, and `manifest.json`. All files show one
/// state of the database. The event `report.created` holds the hashes of the files, and its own hash is the head of the pack: keep
/// it elsewhere. `keydeck audit verify PACK` checks a pack without a server.
#[utoipa::path(
    post, path = paths::REPORTS, tag = "Audit", operation_id = "createReport",
    request_body = NewReport,
    responses((status = 200, description = "The pack", content_type = MEDIA, body = Vec<u8>))
)]
pub(crate) async fn create_report(
    State(app): State<App>,
    principal: Principal,
    Body_(given): Body_<NewReport>,
) -> Result<Response, Failure> {
    if secret::holds(&given.filter) {
        return Err(Failure::secret("filter"));
    }
    let filter = given.filter.trim().to_owned();
    if given.review.is_some() && !filter.is_empty() {
        let text = "filter: cannot be used with review, which has its own scope";
        return Err(Failure::field("filter", text));
    }
    let new = NewReport { filter, ..given };
    write::spawned(async move {
        let _room = ROOM.acquire().await.map_err(Failure::internal)?;
        let (pack, head, name) = report::create(&app, &principal, &new).await?;
        let mut pack = File::from_std(pack);
        let size = pack.seek(SeekFrom::End(0)).await.map_err(report::spool_failed)?;
        pack.rewind().await.map_err(report::spool_failed)?;
        let parts = stream::try_unfold(pack, |mut pack| async move {
            let mut part = vec![0; PART];
            let read = pack.read(&mut part).await?;
            part.truncate(read);
            std::io::Result::Ok((read > 0).then(|| (Bytes::from(part), pack)))
        });
        let mut response = Response::new(Body::from_stream(parts));
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
        let name = format!("attachment; filename=\"{name}.tar.gz\"");
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Failure::internal)?);
        Ok(write::with_head(response, &head))
    })
    .await
}
