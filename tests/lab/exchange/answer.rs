//! An answer, and what may happen to it on its way.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::{
    Response,
    body::{Body, Bytes, Frame, SizeHint},
    header::{HeaderName, HeaderValue},
};
use serde_json::Value;

/// Status, headers and body before they are sent.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Half of the body is sent, then the connection ends.
    pub truncated: bool,
    /// Nothing is sent: the connection is reset.
    pub reset: bool,
    /// Waits so many of the clock's seconds before it is sent.
    pub delay: f64,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), content_type.into())],
            body: body.into(),
            truncated: false,
            reset: false,
            delay: 0.0,
        }
    }

    /// A success that says nothing.
    pub fn empty(status: u16) -> Self {
        Self { headers: Vec::new(), ..Self::new(status, "", "") }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    pub fn html(status: u16, title: &str) -> Self {
        let body = format!("<html><head><title>{title}</title></head><body><h2>{title}</h2></body></html>");
        Self::new(status, "text/html; charset=us-ascii", body)
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// For hyper. A header that HTTP can't carry is left out.
    pub fn into_response(self, date: &str) -> Response<AnswerBody> {
        let length = self.body.len();
        let mut response = Response::new(AnswerBody::new(self.body, self.truncated));
        *response.status_mut() = hyper::StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = response.headers_mut();
        let date = [("Date".to_owned(), date.to_owned())];
        // RFC 9110 §8.6: a 204 has none.
        let length = (self.status != 204).then(|| ("Content-Length".to_owned(), length.to_string()));
        for (name, value) in date.into_iter().chain(length).chain(self.headers) {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
                headers.append(name, value);
            }
        }
        response
    }
}

/// A body in one piece; a truncated one breaks off after its first half.
pub struct AnswerBody {
    rest: Option<Bytes>,
    length: u64,
    truncated: bool,
}

impl AnswerBody {
    fn new(mut body: Vec<u8>, truncated: bool) -> Self {
        let length = body.len() as u64;
        if truncated {
            body.truncate(body.len() / 2);
        }
        Self { rest: (!body.is_empty()).then(|| body.into()), length, truncated }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(data) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let cut = std::mem::take(&mut self.truncated);
        Poll::Ready(cut.then(|| Err(std::io::ErrorKind::ConnectionAborted.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.truncated
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// What a service function of hyper returns.
pub type Sent = Result<Response<AnswerBody>, Infallible>;
