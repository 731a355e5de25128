//! Adapter: Azure resource roles over Azure Resource Manager.
