// PostgreSQL for the portal: a flexible server that takes tokens of Entra only, and nobody's password.
//
// The portal's identity is the server's Entra administrator. That is the one way to let it in without a person who signs in to the
// server and writes SQL: any other role is made from inside. What it can do there is bounded by the server, which holds the portal's
// database and nothing else.
//
// The parts are made one after the other: the server refuses a change while another is under way, and a database that is older than
// the first administrator belongs to a role of Azure's own.

@description('The beginning of the name of the zone that the server is found in.')
param name string

@description('The name of the server, in all of Azure.')
@minLength(3)
@maxLength(63)
param serverName string

@description('The Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('The version of PostgreSQL.')
param version string

@description('The size of the server.')
param sku {
  name: string
  tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'
}

@description('The size of its disk, which grows by itself, in GiB.')
param storageGB int

@description('Whether there is a second server that takes over, and where.')
param highAvailability ('Disabled' | 'SameZone' | 'ZoneRedundant')

@description('The availability zone; empty to let Azure choose.')
param zone string

@description('For how many days back the server can be restored.')
@minValue(7)
@maxValue(35)
param backupDays int

@description('Whether backups are kept in the paired region as well. It cannot be changed afterwards.')
param geoBackup bool

@description('The subnet that the server lies in; empty for a public address.')
param subnetId string

@description('The network whose machines find it by its name; empty for a public address.')
param networkId string

@description('The one address that may reach a public server; empty for all of Azure.')
param allowedAddress string

@description('The name of the portal\'s identity, which is its user.')
param identityName string

@description('The object id of the portal\'s identity.')
param identityPrincipalId string

var isPrivate = !empty(subnetId)
var domains = {
  AzureCloud: 'postgres.database.azure.com'
  AzureUSGovernment: 'postgres.database.usgovcloudapi.net'
  AzureChinaCloud: 'postgres.database.chinacloudapi.cn'
}
var databaseName = 'portal'

resource zoneOfNames 'Microsoft.Network/privateDnsZones@2020-06-01' = if (isPrivate) {
  // Not named after the server: one that was restored, under another name, lies in the same zone.
  name: '${name}.private.${domains[az.environment().name]}'
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = if (isPrivate) {
  parent: zoneOfNames
  name: 'portal'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: serverName
  location: location
  tags: tags
  sku: sku
  properties: {
    version: version
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: subscription().tenantId
    }
    availabilityZone: empty(zone) ? null : zone
    highAvailability: {
      mode: highAvailability
    }
    storage: {
      storageSizeGB: storageGB
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: backupDays
      geoRedundantBackup: geoBackup ? 'Enabled' : 'Disabled'
    }
    network: isPrivate ? {
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: zoneOfNames.id
    } : {
      publicNetworkAccess: 'Enabled'
    }
  }
  dependsOn: [
    link
  ]
}

resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = {
  parent: server
  name: identityPrincipalId
  properties: {
    principalName: identityName
    principalType: 'ServicePrincipal'
    tenantId: subscription().tenantId
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: server
  name: databaseName
  properties: {
    charset: 'UTF8'
    collation: 'en_US.utf8'
  }
  dependsOn: [
    administrator
  ]
}

// On by default. It is written down so that a change by hand does not last.
resource encrypted 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'require_secure_transport'
  properties: {
    value: 'on'
    source: 'user-override'
  }
  dependsOn: [
    database
  ]
}

// 0.0.0.0 stands for every address of Azure's, those of other customers included.
resource allowed 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2024-08-01' = if (!isPrivate) {
  parent: server
  name: 'portal'
  properties: {
    startIpAddress: empty(allowedAddress) ? '0.0.0.0' : allowedAddress
    endIpAddress: empty(allowedAddress) ? '0.0.0.0' : allowedAddress
  }
  dependsOn: [
    encrypted
  ]
}

@description('The address that the portal signs in to, by a token of its identity.')
output url string = 'postgres://${identityName}@${server.properties.fullyQualifiedDomainName}:5432/${database.name}?sslmode=verify-full'
