// Where the portal runs: a workspace for logs and a Container Apps environment.
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

@description('The subnet that the environment lies in; empty for a network of Azure that is nobody\'s.')
param subnetId string

@description('Tags for every resource.')
param tags object

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
