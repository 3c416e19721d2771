//! One keep-alive connection: HTTP/1.1 as far as the load generator needs it.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const MAX_HEADERS: usize = 48;

/// A connection and the bytes it has received.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// How the body of a response is told from what follows it.
#[derive(Debug, PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
}

#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    /// Where the body begins.
    length: usize,
    framing: Framing,
}

impl Connection {
    /// Connects to an address, as in `127.0.0.1:3000`.
    pub(super) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its response: the status, and the body as it was framed.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(head) = head(&self.received)? {
                break head;
            }
        };
        let end = match head.framing {
            Framing::Length(length) => head.length + length,
            Framing::Chunked => self.end_of_chunks(head.length).await?,
        };
        while self.received.len() < end {
            self.receive().await?;
        }
        Ok((head.status, &self.received[head.length..end]))
    }

    /// Reads up to the last chunk and answers where it ends.
    async fn end_of_chunks(&mut self, mut at: usize) -> Result<usize> {
        loop {
            let parsed = httparse::parse_chunk_size(&self.received[at..])
                .map_err(|_| malformed("a chunk's size"))?;
            let httparse::Status::Complete((line, size)) = parsed else {
                self.receive().await?;
                continue;
            };
            let size = usize::try_from(size).map_err(|_| malformed("a chunk's size"))?;
            at += line + size + "\r\n".len();
            while self.received.len() < at {
                self.receive().await?;
            }
            if size == 0 {
                return Ok(at);
            }
        }
    }

    async fn receive(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(Error::new(ErrorKind::UnexpectedEof, "the server closed the connection")),
            _ => Ok(()),
        }
    }
}

/// The head of a response, once all of it was received.
fn head(received: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(received).map_err(|_| malformed("the head of a response"))?;
    let (httparse::Status::Complete(length), Some(status)) = (parsed, response.code) else {
        return Ok(None);
    };
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let framing = if value("transfer-encoding").is_some() {
        Framing::Chunked
    } else {
        let length = value("content-length").unwrap_or("0");
        Framing::Length(length.parse().map_err(|_| malformed("content-length"))?)
    };
    Ok(Some(Head { status, length, framing }))
}

fn malformed(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{what} cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    /// Answers one connection with these bytes, a few at a time, whatever it is asked.
    async fn exchange(response: &'static [u8]) -> Result<(u16, Vec<u8>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // Closing with a request unread would reset the connection.
            stream.read_exact(&mut [0; REQUEST.len()]).await?;
            for piece in response.chunks(7) {
                stream.write_all(piece).await?;
                tokio::task::yield_now().await;
            }
            Result::Ok(())
        });
        let mut connection = Connection::open(&address).await?;
        let (status, body) = connection.exchange(REQUEST).await?;
        let answer = (status, body.to_vec());
        server.await??;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_body_of_known_length_is_read_whole() {
        let answer = exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world").await;
        assert_eq!(answer.unwrap(), (200, b"hello world".to_vec()));
    }

    #[tokio::test]
    async fn a_body_in_chunks_is_read_to_the_last() {
        let response =
            b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        let answer = exchange(response).await;
        assert_eq!(answer.unwrap(), (503, b"5\r\nhello\r\n0\r\n\r\n".to_vec()));
    }

    #[tokio::test]
    async fn an_end_before_the_end_is_an_error() {
        let answer = exchange(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello").await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}
