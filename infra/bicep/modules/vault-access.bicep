// Lets the identity read one secret of a vault: the file with the portal's keys.

@description('The name of the vault, in the resource group of this deployment.')
param vaultName string

@description('The name of the secret, which has to exist.')
param entry string

@description('The version of the secret; empty for the latest.')
param version string

@description('The object id of the identity that reads it.')
param principalId string

// "Key Vault Secrets User", the same id in every tenant.
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = {
  parent: vault
  name: entry
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(secret.id, principalId, secretsUser)
  scope: secret
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('Where the secret is read.')
output entryUrl string = '${vault.properties.vaultUri}secrets/${entry}${empty(version) ? '' : '/${version}'}'
