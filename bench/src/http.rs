//! A keep-alive HTTP/1.1 client of the fewest instructions: the driver shares two cores with the
//! server it measures, so what it costs would be counted against the server.

use std::io::{self, Write as _};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection with its buffers.
pub struct Connection {
    stream: TcpStream,
    head: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// The answer to one request; the body lies in the connection's buffer.
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The position of the log that it says; 0 when it says none.
    pub position: u64,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects to a server, calling with a bearer token.
    pub async fn open(address: &str, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let head = format!("host: {address}\r\nauthorization: Bearer {token}\r\n");
        Ok(Self { stream, head, request: Vec::new(), answer: Vec::new() })
    }

    /// Sends one request and reads its whole answer.
    pub async fn call(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answer<'_>> {
        self.begin(method, path)?;
        if !body.is_empty() {
            let length = body.len();
            write!(self.request, "content-type: application/json\r\ncontent-length: {length}\r\n")?;
        }
        write!(self.request, "\r\n{body}")?;
        self.stream.write_all(&self.request).await?;
        self.read().await
    }

    /// Reads a path, at least as fresh as a position.
    pub async fn fresh(&mut self, path: &str, position: u64) -> io::Result<Answer<'_>> {
        self.begin("GET", path)?;
        write!(self.request, "docket-min-position: {position}\r\n\r\n")?;
        self.stream.write_all(&self.request).await?;
        self.read().await
    }

    fn begin(&mut self, method: &str, path: &str) -> io::Result<()> {
        self.request.clear();
        write!(self.request, "{method} {path} HTTP/1.1\r\n{}", self.head)
    }

    async fn read(&mut self) -> io::Result<Answer<'_>> {
        self.answer.clear();
        let head = loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(parsed) = parse_head(&self.answer)? {
                break parsed;
            }
        };
        while self.answer.len() < head.end {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = &self.answer[head.start..head.end];
        Ok(Answer { status: head.status, position: head.position, body })
    }
}

/// What the head of an answer says.
struct Head {
    status: u16,
    position: u64,
    start: usize,
    end: usize,
}

/// The head, once it is complete.
fn parse_head(answer: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer");
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| broken())?;
    let status = head.get(9..12).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
    let number = |name: &str| {
        head.lines().find_map(|line| {
            let (header, value) = line.split_once(':')?;
            header.eq_ignore_ascii_case(name).then(|| value.trim().parse::<u64>().ok())?
        })
    };
    let length = number("content-length").ok_or_else(broken)? as usize;
    let position = number("docket-position").unwrap_or(0);
    Ok(Some(Head { status, position, start: end + 4, end: end + 4 + length }))
}
