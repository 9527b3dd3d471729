//! Compiles the protocol's files without a protobuf compiler being installed.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files =
        protox::compile(["streams.proto", "serverfeatures.proto", "gossip.proto"], ["proto"])?;
    tonic_build::configure()
        .build_client(false)
        .extern_path(".event_store.client.Empty", "()")
        .compile_fds(files)?;
    Ok(())
}
