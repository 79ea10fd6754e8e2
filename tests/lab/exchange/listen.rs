//! Connections: TLS, HTTP/1.1 and HTTP/2, late answers, resets.

use std::{future, io, net::Ipv4Addr, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Limited};
use hyper::{Request as HttpRequest, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

use super::{
    answer::{Answer, Sent},
    clock::http_date,
    control, gateway, metadata, token,
    world::{Request, Shared},
};

/// A body larger than this is refused.
const LARGEST_BODY: usize = 64 << 20;

/// Which side a connection belongs to.
#[derive(Clone)]
pub enum Side {
    Https(TlsAcceptor),
    Control(Arc<Notify>),
    Metadata,
}

/// A listener on the loopback interface, and its port.
pub async fn bind(port: u16) -> io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, side: Side, world: Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(stream, side.clone(), world.clone()));
    }
}

async fn connection(stream: TcpStream, side: Side, world: Shared) {
    let Ok(stream) = stream.into_std() else { return };
    // A second handle to the socket, to reset it while hyper owns the first.
    let Ok(second) = stream.try_clone() else { return };
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    let reset = Arc::new(Notify::new());
    let served = async {
        match &side {
            Side::Https(acceptor) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    http(stream, &side, &world, &reset).await;
                }
            }
            _ => http(stream, &side, &world, &reset).await,
        }
    };
    let was_reset = tokio::select! {
        () = served => false,
        () = reset.notified() => true,
    };
    if was_reset && let Ok(second) = TcpStream::from_std(second) {
        // Closing now sends RST instead of FIN.
        let _ = second.set_zero_linger();
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    side: &Side,
    world: &Shared,
    reset: &Arc<Notify>,
) {
    let service = service_fn(|request| respond(request, side.clone(), world.clone(), reset.clone()));
    // A client may hang up at any time; that is no failure of the stand-in.
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// A request under way.
struct UnderWay(Shared);

impl UnderWay {
    fn new(world: Shared) -> Self {
        {
            let mut world = world.lock();
            world.concurrency += 1;
            world.statistics.largest_concurrency =
                world.statistics.largest_concurrency.max(world.concurrency);
        }
        Self(world)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().concurrency -= 1;
    }
}

async fn respond(request: HttpRequest<Incoming>, side: Side, world: Shared, reset: Arc<Notify>) -> Sent {
    let answer = match read(request).await {
        Some(request) => {
            let _under_way = matches!(side, Side::Https(_)).then(|| UnderWay::new(world.clone()));
            let (answer, delay) = route(&world, &request, &side);
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            answer
        }
        None => Answer::text(413, "The request is too large or broke off."),
    };
    if answer.reset {
        reset.notify_one();
        return future::pending().await;
    }
    let date = http_date(world.lock().now());
    Ok(answer.into_response(&date))
}

async fn read(request: HttpRequest<Incoming>) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.ok()?.to_bytes().to_vec();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Some(Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body,
    })
}

/// The answer, and how long it takes.
fn route(world: &Shared, request: &Request, side: &Side) -> (Answer, Duration) {
    let world = &mut *world.lock();
    let answer = match side {
        Side::Control(stop) if request.path == "/stop" && request.method == "POST" => {
            stop.notify_one();
            Answer::text(200, "")
        }
        Side::Control(_) => control::answer(world, request),
        Side::Metadata => metadata::answer(world, request),
        Side::Https(_) => match request.path.strip_suffix("/oauth2/v2.0/token") {
            Some(tenant) if request.method == "POST" => {
                token::sign_in(world, tenant.trim_start_matches('/'), request)
            }
            _ => gateway::answer(world, request),
        },
    };
    let delay = world.clock.real_duration(answer.delay);
    (answer, delay)
}
