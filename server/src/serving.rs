//! The portal from its first request to its last.
//!
//! On its way down it goes, counted from the signal: `/readyz` says no, event streams end with a word to come again, and the watch takes
//! nothing more; after `shutdown_delay` no connection is taken any more; requests under way end, and so do writes; after
//! `shutdown_grace` what is left is cut off, and the operations in hand are put down in the journal, where another replica goes on with them
//! at once.

use tokio::net::TcpListener;

use crate::wiring::State;
use crate::{listen, metrics};

/// Answers on `listener` until the [lifecycle](State::lifecycle) is told to stop, and closes the store.
pub async fn serve(state: State, listener: TcpListener) -> anyhow::Result<()> {
    let counting = match state.config.operation.metrics_listen {
        Some(address) => {
            let (listener, handle) = (metrics::listen(address).await?, metrics::install(&state)?);
            Some(tokio::spawn(metrics::serve(state.clone(), handle, listener)))
        }
        None => None,
    };
    let purging = tokio::spawn(state.clone().purge_forever());
    let reading = tokio::spawn(state.clone().read_keys_forever());
    let renewing = tokio::spawn(state.clone().renew_password_forever());
    let watching = tokio::spawn(state.portal.clone().watch());
    let (lifecycle, shutdown) = (state.lifecycle.clone(), state.config.operation.shutdown);
    let (portal, stopped) = (state.portal.clone(), lifecycle.clone());
    let takes_no_more = async move {
        let since = stopped.stopped().await;
        tracing::info!("the portal is stopping");
        portal.stop_watching();
        tokio::time::sleep_until(since + shutdown.delay).await;
    };
    let too_late = async {
        let since = lifecycle.stopped().await;
        tokio::time::sleep_until(since + shutdown.delay + shutdown.grace).await;
    };
    let serving = listen::serve(listener, crate::router(&state), listen::PATIENCE, takes_no_more);
    tokio::select! {
        () = serving => {}
        () = too_late => tracing::warn!("requests that took too long are cut off"),
    }
    let since = lifecycle.stopped().await;
    let put_down = state.portal.wind_down(since + shutdown.delay + shutdown.grace).await;
    if put_down > 0 {
        tracing::warn!(
            operations = put_down,
            "operations under way were put down; another replica goes on with them"
        );
    }
    purging.abort();
    reading.abort();
    renewing.abort();
    watching.abort();
    counting.inspect(tokio::task::JoinHandle::abort);
    state.close().await;
    tracing::info!("the portal has stopped");
    Ok(())
}
