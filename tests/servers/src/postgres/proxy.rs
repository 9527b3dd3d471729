//! A proxy before a server, which cuts a session at its COMMIT: just before the server hears of it, or
//! just after it has committed, before the client hears of that.
//!
//! It knows of the protocol what that takes: how messages are framed, what a session calls itself, and
//! what a COMMIT looks like. No session is encrypted.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Database, Server};

/// What a client may ask in place of beginning a session: encryption of two kinds.
const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];

/// How long a session may take to commit that is to be cut; nothing waits so long unless a test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a session is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears of the COMMIT, and rolls back.
    BeforeCommit,
    /// The server has committed, and the client never hears of it.
    AfterCommit,
}

/// A proxy, stopped with this value. Sessions that are open then stay.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    /// The name of the sessions that are cut.
    session: String,
    next: Mutex<Option<Cut>>,
    /// Told when a session was cut.
    was_cut: Condvar,
    ended: AtomicBool,
    /// Whether nobody gets through to the server who is not there yet.
    closed: AtomicBool,
}

impl Proxy {
    /// Starts one before a server. It cuts only sessions that call themselves so.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn before(server: &Server, session: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            server: server.port(),
            session: session.to_owned(),
            next: Mutex::new(None),
            was_cut: Condvar::new(),
            ended: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if serving.ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&serving);
                // A session that breaks off is what this is for.
                thread::spawn(move || drop(shared.serve(client)));
            }
        });
        Self { port, shared }
    }

    /// Where a database of the server is behind the proxy.
    pub fn url(&self, database: &Database) -> String {
        format!("postgres://docket@127.0.0.1:{}/{}", self.port, database.name())
    }

    /// Turns new sessions away from now on, or lets them through again.
    pub fn close(&self, closed: bool) {
        self.shared.closed.store(closed, Ordering::SeqCst);
    }

    /// Cuts the next session that commits; answers when that is done.
    ///
    /// # Panics
    /// When none commits.
    pub fn cut(&self, cut: Cut) {
        let mut next = self.shared.next();
        *next = Some(cut);
        let waited = self.shared.was_cut.wait_timeout_while(next, PATIENCE, |next| next.is_some());
        let (next, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(next);
        assert!(!waited.timed_out(), "no session commits that could be cut");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // So that it notices.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn next(&self) -> std::sync::MutexGuard<'_, Option<Cut>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self, client: &TcpStream, server: &TcpStream) {
        // Either may be gone already.
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
        *self.next() = None;
        self.was_cut.notify_all();
    }

    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut server = TcpStream::connect(("127.0.0.1", self.server))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let first = beginning(&mut client)?;
        server.write_all(&first)?;
        let is_ours = called(&first, &self.session);
        // Set when a COMMIT goes to the server whose answer the client must not see.
        let committing = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let answered = self.answers(&server, &client, &committing);
                let _ = client.shutdown(Shutdown::Both);
                answered
            });
            let asked = self.questions(&client, &server, is_ours, &committing);
            let _ = server.shutdown(Shutdown::Both);
            asked
        })
    }

    /// What the client says, to the server.
    fn questions(
        &self,
        mut client: &TcpStream,
        mut server: &TcpStream,
        is_ours: bool,
        committing: &AtomicBool,
    ) -> io::Result<()> {
        loop {
            let message = message(&mut client)?;
            let commits = is_ours && message.first() == Some(&b'Q') && message[5..] == *b"COMMIT\0";
            let cut = if commits { *self.next() } else { None };
            match cut {
                Some(Cut::BeforeCommit) => {
                    self.done(client, server);
                    return Ok(());
                }
                Some(Cut::AfterCommit) => committing.store(true, Ordering::SeqCst),
                None => {}
            }
            server.write_all(&message)?;
        }
    }

    /// What the server says, to the client.
    fn answers(
        &self,
        mut server: &TcpStream,
        mut client: &TcpStream,
        committing: &AtomicBool,
    ) -> io::Result<()> {
        loop {
            let message = message(&mut server)?;
            if !committing.load(Ordering::SeqCst) {
                client.write_all(&message)?;
            } else if message.first() == Some(&b'Z') {
                // Ready for the next question: it has committed.
                self.done(client, server);
                return Ok(());
            }
        }
    }
}

/// The first message of a session, which has no type; requests for encryption are turned down.
fn beginning(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let first = body(client, &length, &[])?;
        match first.get(4..8).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes) {
            Some(code) if ENCRYPTION.contains(&code) => client.write_all(b"N")?,
            _ => return Ok(first),
        }
    }
}

/// Whether a session that begins so calls itself by this name.
fn called(first: &[u8], session: &str) -> bool {
    let mut said = first.get(8..).unwrap_or_default().split(|byte| *byte == 0);
    while let (Some(name), Some(value)) = (said.next(), said.next()) {
        if name == b"application_name" {
            return value == session.as_bytes();
        }
    }
    false
}

/// One whole message: its type, its length, what it says.
fn message(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    body(from, &length, &[kind])
}

fn body(from: &mut impl Read, length: &[u8; 4], kind: &[u8]) -> io::Result<Vec<u8>> {
    let rest = u32::from_be_bytes(*length).checked_sub(4).ok_or(ErrorKind::InvalidData)?;
    let mut whole = [kind, length].concat();
    let begun = whole.len();
    whole.resize(begun + rest as usize, 0);
    let (_, rest) = whole.split_at_mut(begun);
    from.read_exact(rest)?;
    Ok(whole)
}
