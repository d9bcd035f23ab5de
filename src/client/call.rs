//! One request and its answer.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use reqwest::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use reqwest::{Method, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Client;
use super::error::{ClientError, SendError};
use super::transport::{Transport, Via};
use super::unanswered;
use crate::secret;
use crate::wire::keys::Receipt;
use crate::wire::paths::{AUDIT_HEAD_HEADER, IDEMPOTENCY_CLOSE, RECEIPT_HEADER};
use crate::wire::problem::{Code, Problem};
use crate::wire::reports;
use crate::wire::text::BadText;

/// The largest answer that is read.
const LIMIT: usize = 64 * 1024 * 1024;
/// The most characters of an error that are kept.
const MOST_TEXT: usize = 4000;
/// The media type of an answer that goes on.
pub(super) const EVENT_STREAM: &str = "text/event-stream";
/// What is taken for an answer of unknown size.
const FIRST: usize = 16 * 1024;
/// How often a call asks for another transport before it gives up.
const SHIFTS: u32 = 3;

/// What is asked.
#[derive(Clone)]
pub(super) struct Call {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<(&'static str, Vec<u8>)>,
    headers: HeaderMap,
    refused: Option<ClientError>,
}

/// What was answered, with a status that is no error.
pub(super) struct Answer {
    server: String,
    pub(super) status: StatusCode,
    pub(super) etag: Option<String>,
    media: Option<String>,
    /// Of a deletion.
    pub(super) receipt: Option<Receipt>,
    /// Wiped when it is dropped, since it may hold a secret.
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// How much of an answer is awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    /// All of it.
    Whole,
    /// Its head, if it is a stream; else all of it.
    Head,
}

enum Taken {
    Whole(Answer),
    Open(Response),
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Call {
        Call::new(Method::GET, path)
    }

    pub(super) fn post(path: impl Into<String>) -> Call {
        Call::new(Method::POST, path)
    }

    pub(super) fn put(path: impl Into<String>) -> Call {
        Call::new(Method::PUT, path)
    }

    pub(super) fn patch(path: impl Into<String>) -> Call {
        Call::new(Method::PATCH, path)
    }

    pub(super) fn delete(path: impl Into<String>) -> Call {
        Call::new(Method::DELETE, path)
    }

    fn new(method: Method, path: impl Into<String>) -> Call {
        let (path, headers) = (path.into(), HeaderMap::new());
        Call { method, path, query: Vec::new(), body: None, headers, refused: None }
    }

    /// The members of an object as query parameters.
    pub(super) fn query(mut self, query: &impl Serialize) -> Call {
        if let Value::Object(members) = serde_json::to_value(query).expect("a query is JSON") {
            for (name, value) in members {
                let text = match value {
                    Value::Null => continue,
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                self.refuse_secret(&name, &text);
                self.query.push((name, text));
            }
        }
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Call {
        let value = serde_json::to_value(body).expect("a body is JSON");
        if let Value::Object(members) = &value {
            for (name, member) in members {
                self.refuse_secret(name, member.as_str().unwrap_or(""));
            }
        }
        let bytes = serde_json::to_vec(&value).expect("a body is JSON");
        self.body("application/json", bytes)
    }

    pub(super) fn body(mut self, media: &'static str, bytes: Vec<u8>) -> Call {
        self.refuse_secret("body", &String::from_utf8_lossy(&bytes));
        self.body = Some((media, bytes));
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Call {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(super) fn accept(self, media: &str) -> Call {
        self.header(ACCEPT, media)
    }

    pub(super) fn unless(self, etag: Option<&str>) -> Call {
        match etag {
            Some(etag) => self.header(IF_NONE_MATCH, etag),
            None => self,
        }
    }

    /// A whole key is never sent as text: the server would refuse it, but by then it would have travelled.
    fn refuse_secret(&mut self, field: &str, text: &str) {
        if self.refused.is_none() && secret::holds(text) {
            let problem = Problem::new(Code::SecretInText, format!("{field} {}", BadText::Secret));
            self.refused = Some(ClientError::Refused { problem: problem.with_field(field), status: 400 });
        }
    }

    fn writes(&self) -> bool {
        !self.method.is_safe()
    }

    fn request(&self, transport: &Transport) -> Request {
        let mut url = transport.url(&self.path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let mut request = Request::new(self.method.clone(), url);
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        if let Some((media, bytes)) = &self.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
            *request.body_mut() = Some(bytes.clone().into());
        }
        request
    }
}

impl Answer {
    /// The answer as JSON of a type.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        self.parsed()
    }

    /// The answer as JSON of a type that borrows from it.
    pub(super) fn parsed<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(|_| self.not_keydeck())
    }

    /// Whether the answer is of a media type.
    pub(super) fn is(&self, media: &str) -> bool {
        self.media.as_deref().is_some_and(|own| is_media(own, media))
    }

    /// The error for an answer that is not of the expected form.
    pub(super) fn not_keydeck(&self) -> ClientError {
        let web = self.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
        let what = if web { "a web page" } else { "an unexpected body" };
        let answered = format!("answered {} with {what}", self.status.as_u16());
        ClientError::NotKeydeck { server: self.server.clone(), answered }
    }
}

impl Client {
    /// Makes a call.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, ClientError> {
        match self.answered(call, Take::Whole).await? {
            Taken::Whole(answer) => Ok(answer),
            Taken::Open(_) => unreachable!("a whole answer was asked for"),
        }
    }

    /// Makes a call, and gives its answer before its body has come: that may be long, or go on for ever.
    pub(super) async fn stream(&self, call: Call) -> Result<Response, ClientError> {
        match self.answered(call, Take::Head).await? {
            Taken::Open(response) => Ok(response),
            Taken::Whole(answer) => Err(answer.not_keydeck()),
        }
    }

    async fn answered(&self, call: Call, take: Take) -> Result<Taken, ClientError> {
        // Closing an idempotency key changes nothing that anybody would look for.
        if !call.writes() || call.path == IDEMPOTENCY_CLOSE {
            return self.send_or_retry(call, take).await;
        }
        let path = call.path.clone();
        unanswered::sent(&path);
        let answer = self.send_or_retry(call, take).await;
        unanswered::answered(&path);
        answer
    }

    /// A socket whose owner has left is replaced; a call that was not sent is repeated then, and one that only
    /// reads likewise when the connection broke.
    async fn send_or_retry(&self, call: Call, take: Take) -> Result<Taken, ClientError> {
        if let Some(refused) = call.refused {
            return Err(refused);
        }
        let mut transport = self.link.transport.load_full();
        let mut tries = 0;
        loop {
            let error = match self.attempt(&call, take, &transport).await {
                Ok(Taken::Whole(answer)) => return Client::judged(answer, call.writes()).map(Taken::Whole),
                Ok(open) => return Ok(open),
                Err(error) => error,
            };
            let unsent = match error {
                ClientError::Unreachable { .. } => true,
                ClientError::Broken { outcome_unknown, .. } => !outcome_unknown,
                _ => false,
            };
            if !unsent || transport.via() != Via::Socket || tries == SHIFTS {
                return Err(error);
            }
            tries += 1;
            match self.shifted(&transport, tries).await {
                Some(shifted) => transport = shifted?,
                None => return Err(error),
            }
        }
    }

    /// Another transport than the failed one: what another call has got meanwhile, or a new one.
    async fn shifted(
        &self,
        failed: &Arc<Transport>,
        tries: u32,
    ) -> Option<Result<Arc<Transport>, ClientError>> {
        let reconnect = self.link.reconnect.as_ref()?;
        let _one_at_a_time = self.link.shifting.lock().await;
        let current = self.link.transport.load_full();
        if !Arc::ptr_eq(&current, failed) {
            return Some(Ok(current));
        }
        Some(reconnect.reconnect(tries).await.map(|transport| {
            let transport = Arc::new(transport);
            self.link.transport.store(Arc::clone(&transport));
            self.link.shifts.fetch_add(1, Ordering::Relaxed);
            transport
        }))
    }

    async fn attempt(&self, call: &Call, take: Take, transport: &Transport) -> Result<Taken, ClientError> {
        let after = if call.writes() { self.deadlines.write } else { self.deadlines.read };
        let in_time = tokio::time::timeout(after, self.exchange(call, take, transport)).await;
        in_time.unwrap_or_else(|_| {
            let server = transport.to_string();
            Err(ClientError::TimedOut { server, after, outcome_unknown: call.writes() })
        })
    }

    async fn exchange(&self, call: &Call, take: Take, transport: &Transport) -> Result<Taken, ClientError> {
        let server = transport.to_string();
        let request = call.request(transport);
        let response =
            transport.send(request, self.deadlines.connect).await.map_err(|error| match error {
                SendError::Connect(error) => error,
                SendError::Broken => {
                    ClientError::Broken { server: server.clone(), outcome_unknown: call.writes() }
                }
                #[cfg(unix)]
                SendError::Stopped(pid) => {
                    ClientError::Stopped { pid, sent: true, outcome_unknown: call.writes() }
                }
                SendError::NoHttp => {
                    let answered = "did not answer with HTTP".to_owned();
                    ClientError::NotKeydeck { server: server.clone(), answered }
                }
            })?;
        let status = response.status();
        let header = |name: HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (etag, media) = (header(ETAG), header(CONTENT_TYPE));
        let receipt = response.headers().get(RECEIPT_HEADER);
        let receipt = receipt.and_then(|value| serde_json::from_slice(value.as_bytes()).ok());
        if let Some(head) =
            header(HeaderName::from_static(AUDIT_HEAD_HEADER)).and_then(|text| text.parse().ok())
        {
            *self.link.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        }
        if take == Take::Head && status.is_success() && media.as_deref().is_some_and(is_stream) {
            return Ok(Taken::Open(response));
        }
        let body = match read(response).await {
            Ok(Some(body)) => body,
            Ok(None) => return Err(ClientError::TooLarge { server, limit: LIMIT / (1024 * 1024) }),
            Err(_) => return Err(ClientError::Broken { server, outcome_unknown: call.writes() }),
        };
        Ok(Taken::Whole(Answer { server, status, etag, media, receipt, body }))
    }

    /// Tells an answer from a refusal, and both from what is not Keydeck.
    fn judged(answer: Answer, writes: bool) -> Result<Answer, ClientError> {
        let status = answer.status;
        if status.is_success() || (status == StatusCode::NOT_MODIFIED && !writes) {
            return Ok(answer);
        }
        if status.is_redirection() {
            let answered = format!("answered with a redirect ({})", status.as_u16());
            return Err(ClientError::NotKeydeck { server: answer.server, answered });
        }
        match serde_json::from_slice::<Problem>(&answer.body) {
            Ok(problem) => Err(ClientError::Refused { problem: cut(problem), status: status.as_u16() }),
            // A proxy that gave up says nothing about what became of a change it had passed on.
            Err(_) if writes && status.is_server_error() => {
                Err(ClientError::Unsaid { server: answer.server, status: status.as_u16() })
            }
            Err(_) => Err(answer.not_keydeck()),
        }
    }
}

/// An error as it can be shown: a server that is broken or hostile may send megabytes of text.
fn cut(mut problem: Problem) -> Problem {
    let texts = [Some(&mut problem.error), problem.field.as_mut(), problem.request_id.as_mut()];
    for text in texts.into_iter().flatten() {
        if let Some((at, _)) = text.char_indices().nth(MOST_TEXT) {
            *text = format!("{}… (cut, {} characters)", &text[..at], text.chars().count());
        }
    }
    problem
}

fn is_media(own: &str, media: &str) -> bool {
    own.split(';').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(media))
}

fn is_stream(own: &str) -> bool {
    is_media(own, EVENT_STREAM) || is_media(own, reports::MEDIA)
}

/// Reads a body into memory that is wiped; none when it is too large.
async fn read(mut response: Response) -> Result<Option<Zeroizing<Vec<u8>>>, reqwest::Error> {
    let announced =
        response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let announced: usize = announced.unwrap_or(FIRST);
    if announced > LIMIT {
        return Ok(None);
    }
    let mut body = Zeroizing::new(Vec::with_capacity(announced));
    while let Some(chunk) = response.chunk().await? {
        let size = body.len() + chunk.len();
        if size > LIMIT {
            return Ok(None);
        }
        if size > body.capacity() {
            // Growing in place would leave a copy behind that nobody wipes.
            let mut larger = Zeroizing::new(Vec::with_capacity(size.max(body.capacity() * 2)));
            larger.extend_from_slice(&body);
            body = larger;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
