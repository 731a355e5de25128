// A vault for the key that encrypts the portal's store, for a portal on PostgreSQL. It comes before main.bicep, because a person puts
// the key in between: a key that a template makes would stand in the deployment's history.
//
// What is deleted can be restored for 90 days, and nobody can shorten that: without its key the store is lost.

metadata name = 'pim-portal: vault'
metadata description = 'A vault for the key of pim-portal.'

targetScope = 'resourceGroup'

@description('The name of the vault, in all of Azure.')
@minLength(3)
@maxLength(24)
param vaultName string = 'kv-${uniqueString(resourceGroup().id)}'

@description('The Azure region.')
param location string = resourceGroup().location

@description('The object id of the person or group who puts the key in. They can read it as well. Leave it empty if their role is given otherwise.')
param writerId string = ''

@description('What the object id is of.')
param writerType ('User' | 'Group' | 'ServicePrincipal') = 'User'

@description('Tags for every resource.')
param tags object = {}

// "Key Vault Secrets Officer", the same id in every tenant.
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

// Container Apps reads the key from outside of any network of yours, so the vault has a public address. Who is let in is a matter of
// roles alone.
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Enabled'
  }
}

resource writer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(writerId)) {
  name: guid(vault.id, writerId, secretsOfficer)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
    principalId: writerId
    principalType: writerType
  }
}

@description('The name of the vault, for main.bicep.')
output vaultName string = vault.name
