//! Connections that acknowledge at once, unless they are dropped as a fault.
//!
//! The client leaves Nagle's algorithm on, so the second part of each of its questions waits until
//! the first was acknowledged: 40 ms, where the other side takes its time. So it is against every
//! server; tests need not wait for it thousands of times.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::Stream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::faults::Faults;

/// A listener's connections.
pub(crate) struct Incoming {
    pub listener: TcpListener,
    pub faults: Arc<Faults>,
}

impl Stream for Incoming {
    type Item = io::Result<Quick>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = loop {
            let (stream, _) = ready!(self.listener.poll_accept(context))?;
            if !self.faults.connection_drops() {
                break stream;
            }
        };
        stream.set_nodelay(true)?;
        Poll::Ready(Some(Ok(Quick(stream))))
    }
}

/// One of them.
pub(crate) struct Quick(TcpStream);

impl Connected for Quick {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.0.connect_info()
    }
}

impl AsyncRead for Quick {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.0).poll_read(context, buffer));
        // It holds for a while only, and is a matter of speed.
        #[cfg(target_os = "linux")]
        let _ = self.0.set_quickack(true);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Quick {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
