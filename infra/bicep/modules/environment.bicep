// Where the portal runs: an identity, a workspace for logs, and a Container Apps environment.
//
// Logs go out through a diagnostic setting. The other way, the environment's "log-analytics" destination, needs the shared key of
// the workspace.

@description('The beginning of every name.')
param name string

@description('The Azure region.')
param location string

@description('How many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int

@description('The subnet that outgoing calls leave from; empty for addresses of Azure that change.')
param subnetId string

@description('Tags for every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${name}'
  location: location
  tags: tags
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${name}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: logRetentionDays
    features: {
      disableLocalAuth: true
    }
  }
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-${name}'
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    vnetConfiguration: empty(subnetId) ? null : {
      infrastructureSubnetId: subnetId
      internal: false
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: logs.id
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
      {
        category: 'ContainerAppSystemLogs'
        enabled: true
      }
    ]
  }
}

@description('The name of the environment.')
output environmentName string = environment.name

@description('The domain that names of apps in this environment end in.')
output defaultDomain string = environment.properties.defaultDomain

@description('The resource id of the identity.')
output identityId string = identity.id

@description('The client id of the identity, by which its tokens are asked for.')
output identityClientId string = identity.properties.clientId

@description('The object id of the identity, for role assignments.')
output identityPrincipalId string = identity.properties.principalId
