//! A keep-alive HTTP/1.1 client of the fewest instructions: the driver shares two cores with the
//! server it measures, so what it costs would be counted against the server.

use std::io;

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
        use std::io::Write as _;
        self.request.clear();
        write!(self.request, "{method} {path} HTTP/1.1\r\n{}", self.head)?;
        if !body.is_empty() {
            let length = body.len();
            write!(
                self.request,
                "content-type: application/json\r\ncontent-length: {length}\r\n"
            )?;
        }
        write!(self.request, "\r\n{body}")?;
        self.stream.write_all(&self.request).await?;
        self.read().await
    }

    async fn read(&mut self) -> io::Result<Answer<'_>> {
        self.answer.clear();
        let (status, start, end) = loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(parsed) = parse_head(&self.answer)? {
                break parsed;
            }
        };
        while self.answer.len() < end {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Answer { status, body: &self.answer[start..end] })
    }
}

/// Status, and where the body starts and ends, once the head is complete.
fn parse_head(answer: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer");
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| broken())?;
    let status = head.get(9..12).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.ok_or_else(broken)?;
    Ok(Some((status, end + 4, end + 4 + length)))
}
